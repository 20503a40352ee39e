"""scripts/swift-mirrors on made-up packages: what it refuses, and that the same files always give the same revision."""

import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path
from unittest import mock

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/swift-mirrors"


def load_script():
    loader = importlib.machinery.SourceFileLoader("swift_mirrors", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("swift_mirrors", loader))
    sys.dont_write_bytecode = True
    sys.modules["swift_mirrors"] = module
    loader.exec_module(module)
    return module


mirrors = load_script()
FILES = {"Package.swift": ("100644", b"// swift-tools-version: 5.9\n"), "Scripts/run it": ("100755", b"#!/bin/sh\n"),
         "link": ("120000", b"Package.swift")}
PACKAGE = mirrors.Package("https://example.invalid/made-up.git", "1.2.3", "sid", "made-up", mirrors.tree_checksum(FILES))


def archive(path: Path, files: dict, folder: str = "made-up") -> Path:
    with tarfile.open(path, "w:xz") as tar:
        for name, (mode, data) in files.items():
            member = tarfile.TarInfo(f"./{folder}/{name}")
            if mode == "120000":
                member.type, member.linkname = tarfile.SYMTYPE, data.decode()
                tar.addfile(member)
            else:
                member.size, member.mode = len(data), int(mode[-3:], 8)
                tar.addfile(member, io.BytesIO(data))
    return path


class SwiftMirrors(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def test_the_pinned_files_are_read_from_an_archive(self):
        trees = mirrors.from_archive(archive(self.folder / "deps.tar.xz", FILES), [PACKAGE])
        self.assertEqual(trees["made-up"], FILES)

    def test_an_archive_with_other_files_is_refused(self):
        changed = FILES | {"Package.swift": ("100644", b"// swift-tools-version: 5.8\n")}
        executable = FILES | {"Package.swift": ("100755", FILES["Package.swift"][1])}
        added = FILES | {"more": ("100644", b"")}
        for files in (changed, executable, added):
            with self.assertRaisesRegex(mirrors.Stop, "differs from what Gantry pins"):
                mirrors.from_archive(archive(self.folder / "deps.tar.xz", files), [PACKAGE])

    def test_an_archive_without_the_package_is_refused(self):
        with self.assertRaisesRegex(mirrors.Stop, "made-up 1.2.3 is not in it"):
            mirrors.from_archive(archive(self.folder / "deps.tar.xz", FILES, folder="other"), [PACKAGE])

    def test_a_damaged_archive_is_refused(self):
        whole = archive(self.folder / "deps.tar.xz", FILES).read_bytes()
        for data in (b"", b"garbage", whole[: len(whole) // 2], whole[:20] + b"\xff" * 20 + whole[40:]):
            path = self.folder / "damaged.tar.xz"
            path.write_bytes(data)
            with self.assertRaises(mirrors.Stop):
                mirrors.from_archive(path, [PACKAGE])

    def test_a_path_that_leaves_its_folder_is_refused(self):
        with self.assertRaisesRegex(mirrors.Stop, "leaves its folder"):
            mirrors.from_archive(archive(self.folder / "deps.tar.xz", {"../../evil": ("100644", b"")}), [PACKAGE])

    def test_the_same_files_give_the_same_revision_whatever_the_user_has_set(self):
        revisions = set()
        for name in ("one", "a folder with spaces"):
            settings = self.folder / f"{name}.gitconfig"
            settings.write_text("[user]\nname = Somebody\n[init]\ndefaultBranch = trunk\n[core]\nautocrlf = true\n")
            repository = self.folder / name / "made-up-1.2.3" / "made-up.git"
            with mock.patch.dict(os.environ, {"GIT_CONFIG_GLOBAL": str(settings)}):
                mirrors.write_mirror(repository, "1.2.3", FILES)
                mirrors.write_mirror(repository, "1.2.3", FILES)  # a second set-up at the same time changes nothing
            git = ["git", "-C", str(repository)]
            revisions.add(subprocess.check_output([*git, "rev-parse", "1.2.3"], text=True))
            tree = subprocess.check_output([*git, "ls-tree", "-r", "--format=%(objectmode) %(path)", "1.2.3"], text=True)
            self.assertEqual(sorted(tree.splitlines()), sorted(f"{mode} {path}" for path, (mode, _) in FILES.items()))
        self.assertEqual(len(revisions), 1)

    def test_an_unsigned_suite_is_refused(self):
        suite = self.folder / "dists/sid"
        suite.mkdir(parents=True)
        (suite / "InRelease").write_text("Suite: unstable\nCodename: sid\n")
        with mock.patch.dict(os.environ, {"SWIFT_DEPS_DEBIAN": self.folder.as_uri()}):
            with self.assertRaisesRegex(mirrors.Stop, "signature .* could not be verified"):
                mirrors.DebianArchive("sid", self.folder).signed_release()

    def test_debian_having_moved_on_is_said_with_the_ways_out(self):
        source = archive(self.folder / "orig.tar.xz", {"made-up/Package.swift": ("100644", b"// newer")}, "swiftlang-9")
        with (
            mock.patch.dict(os.environ, {"GANTRY_CACHE": str(self.folder)}),
            mock.patch.object(mirrors.DebianArchive, "__init__", return_value=None),
            mock.patch.object(mirrors.DebianArchive, "source_of", return_value=("9.0-1", source)),
            mock.patch.object(mirrors, "say"),
            self.assertRaisesRegex(mirrors.Stop, "now has swiftlang 9.0-1.*SWIFT_DEPS_ARCHIVE.*SWIFT_DEPS_DEBIAN"),
        ):
            mirrors.from_debian([PACKAGE])

    def test_a_mirror_of_the_users_own_is_kept_while_it_is_there(self):
        self.assertTrue(mirrors.is_usable("https://git.example.invalid/made-up.git"))
        self.assertTrue(mirrors.is_usable(self.folder.as_uri()))
        self.assertFalse(mirrors.is_usable((self.folder / "gone").as_uri()))
        self.assertFalse(mirrors.is_usable(None))

    def test_every_package_of_the_manifest_is_known(self):
        self.assertIn("swift-argument-parser", mirrors.named_in(SCRIPT.parents[1] / "Package.swift"))
        for package in mirrors.PACKAGES.values():
            for need in package.needs:
                self.assertTrue(need in mirrors.PACKAGES or need == mirrors.DOCC_PLUGIN, need)


if __name__ == "__main__":
    unittest.main()
