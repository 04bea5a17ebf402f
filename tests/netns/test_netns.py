#!/usr/bin/python3
"""bayres across two virtual hosts that talk TCP: the same bits, and an end when one of them dies."""
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "program"))
from command_line import BAYRES, DONE, CommandLineTest, attributes, every_rule, small
from hosts import Hosts, can_have_hosts

SECONDS = 60


@unittest.skipUnless(can_have_hosts(), "network namespaces need root and a kernel that has them")
class HostsTest(CommandLineTest):
    def start(self, hosts, ranks_per_host, *arguments):
        command = hosts.mpirun(ranks_per_host, [BAYRES, *map(str, arguments)])
        return subprocess.Popen(command, cwd=self.folder, env=hosts.environment(), text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end_of(self, process):
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail(f"the job hung: {process.communicate()}")
        return process.returncode, out + err

    def test_the_bits_are_those_of_one_host(self):
        config = small(**every_rule(), learner__a=None, reservoir={"size": 300})
        one = self.result(config, name="one")
        with Hosts(2) as hosts:
            code, text = self.end_of(self.start(hosts, 2, "run", "one.ini", "-o", "two.h5", "--quiet"))
        self.assertEqual(code, DONE, text)
        two = self.folder / "two.h5"
        self.assertEqual(attributes(two)["hostnames"], "virtual0,virtual0,virtual1,virtual1")
        self.check_same_arrays(one, two)
        self.check_same_learner_attributes(one, two)

    def test_products_that_hosts_make_by_parts_have_the_same_bits(self):
        config = small(reservoir={"size": 20000, "structure": "transform"}, protocol={"train": 3, "test": 1})
        one = self.result(config, name="one")
        with Hosts(2) as hosts:
            code, text = self.end_of(self.start(hosts, 2, "run", "one.ini", "-o", "two.h5", "--quiet"))
        self.assertEqual(code, DONE, text)
        two = self.folder / "two.h5"
        self.assertEqual(attributes(two, "performance")["product_of_J"], "split")
        self.check_same_arrays(one, two)
        self.check_same_learner_attributes(one, two)

    def test_a_host_that_dies_ends_the_job(self):
        self.write("c.ini", small(protocol={"train": 1e6}))
        with Hosts(2) as hosts:
            process = self.start(hosts, 1, "run", "c.ini", "--quiet")
            begin = time.monotonic()
            while not any(self.folder.glob("c.h5.tmp.*")):
                self.assertIsNone(process.poll(), "the job ended by itself")
                self.assertLess(time.monotonic() - begin, SECONDS, "the job did not begin")
                time.sleep(0.05)
            time.sleep(0.5)
            hosts.kill(1)
            code, text = self.end_of(process)
        self.assertNotEqual(code, DONE, text)
        self.assertNotIn("c.h5", self.files())


if __name__ == "__main__":
    unittest.main()
