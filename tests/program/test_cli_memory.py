"""The memory that --dry-run predicts for a rank is within 15 % of the peak of the run."""
import importlib.util
import pathlib
import unittest

from command_line import new_folder

TABLE = pathlib.Path(__file__).parents[1] / "benchmark" / "memory.py"
specification = importlib.util.spec_from_file_location("memory_table", TABLE)
table = importlib.util.module_from_spec(specification)
specification.loader.exec_module(table)


class MemoryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = new_folder(cls.addClassCleanup)
        table.prepare(cls.folder, table.TESTED)

    def test_estimates(self):
        for number, name in enumerate(table.TESTED):
            ranks = 1 + number % 2
            with self.subTest(configuration=name, ranks=ranks):
                estimate, peak = table.measure(self.folder, name, ranks)
                self.assertLess(abs(estimate / peak - 1), table.TOLERANCE, f"{estimate} MB, took {peak} MB")


if __name__ == "__main__":
    unittest.main()
