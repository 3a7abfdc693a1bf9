"""The one bundle that every function runs: locked packages, ``shared/`` and ``functions/``, zipped at synth.

- Kept in ``.tocsin/bundles`` by the hash of what goes in: packages by the lock file, the whole by the sources, too. The
  same input is built once; after a change of ours the packages are taken as they are.
- Built for the target's Python and processor, whatever this machine is; a package for another processor is refused.
- Compiled where an interpreter of the target's version is found, since Lambda's code folder is read-only and would be
  compiled anew at every cold start; said aloud where none is found. A ``.pyc`` is valid unchecked, as nothing changes
  a bundle.
- botocore knows 400 services in 100 MB; those that ``shared/wiring.py`` names in ``AWS_SERVICES`` are kept.
"""

import ast
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OURS = ("shared", "functions")
KEPT = 4  # the newest bundles of each kind: enough for two targets and a step back
AARCH64 = 0xB7  # e_machine in an ELF header
FORMAT = "1"  # raised when the same input is to be built differently
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can state: the same input gives the same zip


class BundleError(Exception):
    """A bundle that can't be built; the message names the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What to build for. ``wheels`` is uv's name of a platform, None this machine and its Python."""

    python: str
    wheels: str | None

    @classmethod
    def here(cls) -> "Build":
        return cls(python=f"{sys.version_info.major}.{sys.version_info.minor}", wheels=None)

    @property
    def tag(self) -> str:
        return f"{self.python}-{self.wheels or f'{sys.platform}-{platform.machine()}'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    path: Path
    digest: str


def make_bundle(root: Path, build: Build) -> Bundle:
    """The bundle of the project in ``root``, from the shelf or made now."""
    shelf = root / ".tocsin" / "bundles"
    shelf.mkdir(parents=True, exist_ok=True)
    lock, services = root / "requirements.lock", aws_services(root)
    if not lock.is_file():
        raise BundleError(f"{lock} is missing: run `make lock`")
    packages = _digest([FORMAT, build.tag, *services], [lock])
    whole = _digest([packages], list(_sources(root)), root)
    compiler = _interpreter(build.python)
    if compiler is None:
        print(f"bundle: no Python {build.python} here, built without .pyc: cold starts take longer", file=sys.stderr)
        packages, whole = f"{packages}-plain", f"{whole}-plain"
    with _locked(shelf):
        base = _kept(shelf / f"packages-{packages}.zip", lambda to: _packages(to, lock, build, services, compiler))
        path = _kept(shelf / f"bundle-{whole}.zip", lambda to: _ours(to, base, root, compiler))
        _forget_old(shelf)
    return Bundle(path=path, digest=whole)


def aws_services(root: Path) -> tuple[str, ...]:
    """``AWS_SERVICES`` of shared/wiring.py, read without running it: infra imports nothing of ours but the domain."""
    wiring = root / "shared" / "wiring.py"
    for node in ast.parse(wiring.read_text(encoding="utf-8")).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "AWS_SERVICES" for target in targets):
            return tuple(sorted(ast.literal_eval(node.value)))  # type: ignore[union-attr]
    raise BundleError(f"{wiring} has no AWS_SERVICES: name the services whose clients it makes")


def _sources(root: Path) -> Iterator[Path]:
    for folder in OURS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _digest(words: Iterable[str], files: Iterable[Path], root: Path | None = None) -> str:
    digest = hashlib.sha256("\0".join(words).encode())
    for path in files:
        digest.update(f"\0{path.relative_to(root) if root else path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _packages(to: Path, lock: Path, build: Build, services: tuple[str, ...], compiler: str | None) -> None:
    with tempfile.TemporaryDirectory(dir=to.parent) as name:
        folder = Path(name)
        _install(folder, lock, build)
        _cut_botocore(folder, services)
        for useless in (folder / "bin", *folder.rglob("__pycache__")):
            shutil.rmtree(useless, ignore_errors=True)
        if build.wheels and build.wheels.startswith("aarch64"):
            _refuse_other_processors(folder)
        _compile(folder, compiler, strict=False)  # packages carry files of other Pythons
        _zip(to, folder)


def _ours(to: Path, base: Path, root: Path, compiler: str | None) -> None:
    with tempfile.TemporaryDirectory(dir=to.parent) as name:
        folder = Path(name)
        for source in _sources(root):
            target = folder / source.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        _compile(folder, compiler, strict=True)
        shutil.copyfile(base, to)
        _zip(to, folder)


def _install(folder: Path, lock: Path, build: Build) -> None:
    where = ["--python-platform", build.wheels, "--python-version", build.python] if build.wheels else []
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
    command += ["--target", str(folder), *where, "--require-hashes", "-r", str(lock)]
    trusting = {"UV_SYSTEM_CERTS": "true", **os.environ}  # a company's proxy has a certificate of its own
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=trusting)
    if done.returncode:
        raise BundleError(f"the locked packages can't be installed for {build.tag}:\n{done.stderr.strip()}")


def _cut_botocore(folder: Path, services: tuple[str, ...]) -> None:
    for data in (folder / "botocore" / "data", folder / "boto3" / "data"):
        for service in data.iterdir() if data.is_dir() else ():
            if service.is_dir() and service.name not in services:
                shutil.rmtree(service)
    shutil.rmtree(folder / "boto3" / "examples", ignore_errors=True)


def _refuse_other_processors(folder: Path) -> None:
    for library in folder.rglob("*.so*"):
        machine = int.from_bytes(library.read_bytes()[18:20], "little")
        if machine != AARCH64:
            raise BundleError(f"{library.relative_to(folder)} isn't built for arm64: its package has no wheel for it")


def _compile(folder: Path, compiler: str | None, *, strict: bool) -> None:
    if compiler is None:
        return
    command = [compiler, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", "/var/task", str(folder)]  # traces name the files where Lambda has them
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if strict and done.returncode:
        raise BundleError(done.stdout.strip() or done.stderr.strip())


def _zip(to: Path, folder: Path) -> None:
    with zipfile.ZipFile(to, "a", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), EPOCH)
                entry.external_attr = 0o644 << 16  # readable by the user that Lambda runs as
                entry.compress_type = zipfile.ZIP_DEFLATED
                bundle.writestr(entry, path.read_bytes())


def _interpreter(version: str) -> str | None:
    """A Python of that version on this machine; a launcher that can't start one doesn't count."""
    found = subprocess.run(
        [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", "--no-project", version],
        capture_output=True,
        text=True,
        check=False,
    )
    for candidate in (sys.executable, found.stdout.strip(), shutil.which(f"python{version}")):
        if candidate and _version(candidate) == version:
            return candidate
    return None


def _version(interpreter: str) -> str | None:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([interpreter, "-I", "-c", ask], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def _kept(path: Path, make: Callable[[Path], None]) -> Path:
    if path.is_file():
        os.utime(path)  # the newest are kept
        return path
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    make(unfinished)
    return unfinished.rename(path)


def _forget_old(shelf: Path) -> None:
    for kind in ("packages", "bundle"):
        newest_first = sorted(shelf.glob(f"{kind}-*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in newest_first[KEPT:]:
            path.unlink()


@contextmanager
def _locked(shelf: Path) -> Iterator[None]:
    """Two syntheses at a time build once."""
    with (shelf / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
