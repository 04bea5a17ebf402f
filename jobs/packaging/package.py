# SPDX-License-Identifier: BSD-3-Clause
"""bayres for Spack, 0.23 or later. Put it into a repository of your own:

    spack repo create ~/spack-bayres bayres
    mkdir -p ~/spack-bayres/packages/bayres && cp jobs/packaging/package.py ~/spack-bayres/packages/bayres/
    spack repo add ~/spack-bayres
    spack dev-build --source-path "$PWD" bayres@0.1.0

`spack dev-build` builds the sources that are there, so that no archive has to be published anywhere.
"""

from spack.package import *


class Bayres(CMakePackage):
    """Recurrent networks (reservoirs) on clusters, whose readout synapses learn online with local rules."""

    license("BSD-3-Clause")

    version("0.1.0")

    # SITE: which MPI, and that it knows the scheduler: openmpi schedulers=slurm ^pmix
    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("mpi")
    depends_on("hdf5@1.10:+mpi+hl")
    depends_on("eigen@3.4:3")
    depends_on("boost@1.74:+program_options")
    depends_on("fmt@9:")
    depends_on("random123")
    depends_on("zlib-api")

    def cmake_args(self):
        return [self.define("BAYRES_TESTS", False)]
