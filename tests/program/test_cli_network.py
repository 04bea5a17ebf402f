"""Networks of users: J alone or all of it, dense or CSR, in /network or at the root; the size follows from the file."""
import unittest

import h5py
import numpy as np

from command_line import DONE, INPUT_OUTPUT, CommandLineTest, data_sets, small

KEYS = {"input_scale": 0.3, "bias_scale": 0.2, "feedback_scale": 0.7, "initial_scale": 0.9}
LEARNED = ("learners/a/output", "learners/a/weights", "rates")


def config(seed=3, **reservoir):
    """A run that hears all that a network has; rule bayes, whose default kappa is the number of neurons."""
    return small(run={"seed": seed}, reservoir={"size": None, "connectivity": None, **KEYS, **reservoir},
                 protocol={"feedback": "teacher"}, learner__a={"rule": "bayes"},
                 record={"rates": "0, 60..70", "network": "true"})


def csr(J):
    """J_indptr, J_indices, J_data."""
    rows, columns = np.nonzero(J)
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(J)))]), columns, J[rows, columns]


class NetworkTest(CommandLineTest):
    @classmethod
    def setUpClass(cls):
        random = np.random.default_rng(5)
        cls.J = np.where(random.random((137, 137)) < 0.2, random.normal(size=(137, 137)), 0) / 4

    def put(self, name, sets):
        with h5py.File(self.folder / name, "w") as file:
            for path, values in sets.items():
                file[path] = values
        return name

    def expected(self, J, storage, **changes):
        """A file that holds all: J, and what a run of the same seed and keys draws."""
        drawn = self.result(config(size=len(J), connectivity=0.1, **changes), name="drawn")
        sets = {f"network/{name}": data_sets(drawn)[f"network/{name}"] for name in ("W_in", "W_fb", "bias", "x0")}
        path = self.put("whole.h5", {**sets, "network/J": J})
        whole = self.result(small(reservoir={"size": None, "connectivity": None, "network": path, "storage": storage},
                                  protocol={"feedback": "teacher"}, learner__a={"rule": "bayes"},
                                  record={"rates": "0, 60..70", "network": "true"}), name="expected")
        for old in (drawn, self.folder / "drawn.ini"):
            old.unlink()
        return data_sets(whole)

    def test_J_alone(self):
        """In every place and form; the rest is what is drawn without a file."""
        indptr, indices, data = csr(self.J)
        # A row whose columns are not in order.
        shuffled = indices.copy(), data.copy()
        for values in shuffled:
            values[indptr[5]:indptr[6]] = values[indptr[5]:indptr[6]][::-1].copy()
        sparse = {"J_indptr": indptr, "J_indices": indices, "J_data": data}
        forms = {
            "dense": {"J": self.J}, "in_group": {"network/J": self.J}, "big_endian": {"J": self.J.astype(">f8")},
            "csr": sparse, "csr_in_group": {f"network/{name}": values for name, values in sparse.items()},
            "csr_small_types": {"J_indptr": indptr.astype("u2"), "J_indices": indices.astype("i2"), "J_data": data},
            "csr_out_of_order": {**sparse, "J_indices": shuffled[0], "J_data": shuffled[1]},
        }
        for storage in ("dense", "sparse"):
            known = self.expected(self.J, storage)
            for k, (name, sets) in enumerate(forms.items()):
                with self.subTest(form=name, storage=storage):
                    path = self.put(f"{name}.h5", sets)
                    found = data_sets(self.result(config(network=path, storage=storage), name=f"{name}-{storage}",
                                                  ranks=(None, 3)[k % 2]))
                    for one in (*LEARNED, "network/W_in", "network/bias", "network/x0"):
                        np.testing.assert_array_equal(found[one], known[one], one)
            self.assertEqual(len(known["network/bias"]), 137)
            for old in self.folder.glob("expected*"):
                old.unlink()

    def test_storage_follows_from_the_weights_that_are_there(self):
        """Not from the form in the file; on any number of ranks."""
        few = np.where(np.arange(137 * 137).reshape(137, 137) % 20 == 0, self.J, 0)
        full = np.where(self.J == 0, 0.01, self.J)
        for name, J, kept in (("few", few, "network/J_data"), ("full", full, "network/J")):
            indptr, indices, data = csr(J)
            for form, sets in (("dense", {"J": J}), ("csr", {"J_indptr": indptr, "J_indices": indices, "J_data": data})):
                path = self.put(f"{name}-{form}.h5", sets)
                found = data_sets(self.result(config(network=path), name=f"run-{name}-{form}", ranks=(None, 3)[form == "csr"]))
                self.assertIn(kept, found, (name, form))
                if kept == "network/J_data":
                    self.assertEqual(len(found[kept]), len(data))

    def test_weights_of_other_types(self):
        for kind in ("f4", "i2"):
            J = (self.J * (8 if kind == "i2" else 1)).astype(kind)
            known = self.result(config(network=self.put("double.h5", {"J": J.astype(float)})), name=f"double{kind}")
            found = self.result(config(network=self.put("other.h5", {"J": J})), name=f"other{kind}")
            self.check_same_arrays(known, found)

    def test_what_is_drawn_beside_J_follows_its_keys(self):
        path = self.put("J.h5", {"J": self.J})
        first = data_sets(self.result(config(network=path), name="first"))
        for k, changes in enumerate(({"seed": 4}, {"input_scale": 0.6}, {"initial_scale": 0.1})):
            other = data_sets(self.result(config(network=path, **changes), name=f"other{k}"))
            self.assertFalse(np.array_equal(first["rates"], other["rates"]), changes)
            np.testing.assert_array_equal(first["network/J_data" if "network/J_data" in first else "network/J"],
                                          other["network/J_data" if "network/J_data" in other else "network/J"])

    def test_is_resumed_and_evaluated(self):
        path = self.put("J.h5", {"J": self.J})
        whole = self.result(config(network=path), name="whole", ranks=2)
        short = {**config(network=path), "protocol": {**config()["protocol"], "test": 0, "evaluate_span": 1}}
        self.result(short, name="part")
        test = config()["protocol"]["test"]
        self.check_code(self.run_bayres("resume", "part.h5.checkpoint", f"--protocol.test={test}", "--quiet", ranks=3), DONE)
        for name in LEARNED:
            np.testing.assert_array_equal(data_sets(self.folder / "part.h5")[name], data_sets(whole)[name])
        self.check_code(self.run_bayres("evaluate", "whole.h5.checkpoint", "-o", "a.h5", "--quiet"), DONE)
        self.check_code(self.run_bayres("evaluate", "whole.h5.checkpoint", "-o", "b.h5", "--quiet", ranks=2), DONE)
        self.check_same_arrays(self.folder / "a.h5", self.folder / "b.h5")

    def check_refused(self, sets, words, reservoir=None):
        path = self.put("bad.h5", sets)
        self.write("c.ini", config(network=path, **(reservoir or {})))
        for ranks in (None, 2):
            finished = self.run_bayres("run", "c.ini", ranks=ranks)
            self.check_code(finished, INPUT_OUTPUT)
            self.check_one_message(finished)
            for word in ("bad.h5", *words):
                self.assertIn(word, finished.own_err)

    def test_files_that_hold_no_network(self):
        layout = ["J (N, N)", "J_indptr", "/network", "root"]
        self.check_refused({"weights": self.J}, layout)
        self.check_refused({"other/J": self.J}, layout)
        self.check_refused({"W_in": np.zeros((137, 1))}, layout)
        self.check_refused({"J": self.J[:-1]}, ["/J", "(136, 137)", "square"])
        self.check_refused({"network/J": self.J[0]}, ["/network/J", "(137)", "square"])
        self.check_refused({"J_indptr": csr(self.J)[0], "J_data": csr(self.J)[2]}, ["/J_indices", "no such data set"])
        self.check_refused({"J": self.J, "bias": np.zeros(137)}, ["/W_in", "no such data set", "J alone"],
                           {"seed": None, **dict.fromkeys(KEYS)})
        self.check_refused({"J": self.J, "W_in": np.zeros((137, 1)), "W_fb": np.zeros((137, 1)), "bias": np.zeros(136),
                            "x0": np.zeros(137)}, ["/bias", "(136)", "(137)"],
                           {"seed": None, **dict.fromkeys(KEYS)})

    def test_networks_that_contradict_themselves(self):
        indptr, indices, data = csr(self.J)
        sparse = {"J_indices": indices, "J_data": data}
        for place, value in ((0, 1), (-1, len(data) - 1), (70, -1)):
            starts = indptr.copy()
            starts[place] = value
            self.check_refused({"J_indptr": starts, **sparse}, ["/J_indptr", "ascend", str(len(data))])
        self.check_refused({"J": self.J, "J_indptr": indptr, **sparse}, ["dense", "sparse"])
        self.check_refused({"J": self.J, "network/J": self.J}, ["/network", "root"])
        self.check_refused({"J": self.J, "network/W_in": np.ones((137, 1))}, ["/network", "root"])
        self.check_refused({"J": np.zeros((0, 0))}, ["/J", "no neurons"])
        self.check_refused({"J_indptr": [0], "J_indices": np.zeros(0, int), "J_data": np.zeros(0)}, ["/J_indptr", "no neurons"])

    def test_another_size(self):
        for sets in ({"J": self.J}, dict(zip(("J_indptr", "J_indices", "J_data"), csr(self.J)))):
            self.check_refused(sets, ["137", "reservoir.size = 138"], {"size": 138})
            path = self.put("good.h5", sets)
            self.result(config(network=path, size=137), name=f"same{len(sets)}")


if __name__ == "__main__":
    unittest.main()
