"""Builds the C library once and both bindings against it; all metadata stands in pyproject.toml.

SWITCHROOM_DEBUG=1 builds with -O0 -g; SWITCHROOM_SANITIZE=address,undefined adds sanitizers (preload libasan then).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = Path(__file__).resolve().parent
os.chdir(HERE)
sys.path.insert(0, str(HERE))

DEBUG = os.environ.get("SWITCHROOM_DEBUG") == "1"
SANITIZE = os.environ.get("SWITCHROOM_SANITIZE", "")
FLAVOUR = "asan" if SANITIZE else "plain"
LIBRARY = f"build/c/{FLAVOUR}/libswitchroom.a"
FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O0" if DEBUG else "-O2", "-g", "-fvisibility=hidden", "-pthread"]
LINK = ["-pthread"]
if SANITIZE:
    FLAGS += [f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer"]
    LINK += [f"-fsanitize={SANITIZE}"]


def extensions() -> list[Extension]:
    """One extension per bindings/*.pyx: bindings/core.pyx is switchroom._core."""
    found = [
        Extension(
            f"switchroom._{source.stem}",
            [str(source)],
            include_dirs=["csrc", "csrc/include"],
            extra_objects=[LIBRARY],
            libraries=["spandsp", "opus", "srtp2", "crypto", "m"],
            extra_compile_args=FLAGS,
            extra_link_args=LINK,
            depends=["csrc/include/switchroom.h", *map(str, Path("bindings").glob("*.p[xy][dxi]"))],
        )
        for source in sorted(Path("bindings").glob("*.pyx"))
    ]
    if not found:
        return []
    from Cython.Build import cythonize

    made = cythonize(found, build_dir="build/cython", language_level=3, include_path=["bindings"])
    for extension in made:
        extension.depends.append(LIBRARY)  # link again when the library changed; it need not exist yet
    return made


class BuildExt(build_ext):
    """Makes the C library before the extensions that link it."""

    def run(self) -> None:
        target = f"../{LIBRARY}"
        subprocess.run(["make", "-s", "-C", "csrc", "-j2", "BUILD=../build/c", target], check=True)
        super().run()


setup(
    ext_modules=extensions(),
    cffi_modules=["bindings/dsp_build.py:ffibuilder"] if Path("bindings/dsp_build.py").exists() else [],
    cmdclass={"build_ext": BuildExt},
)
