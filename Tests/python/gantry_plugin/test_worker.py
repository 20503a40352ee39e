"""The worker as Gantry meets it: a real process, spoken to over the protocol."""

import os
import signal
import tempfile
import textwrap
import unittest
from pathlib import Path

import numpy as np
from worker_process import WorkerProcess

CHAOS = Path(__file__).resolve().parents[2] / "Plugins/chaos"


class WorkerTestCase(unittest.TestCase):
    def worker(self, source=None, folder=CHAOS, **rest):
        if source is not None:
            scratch = tempfile.TemporaryDirectory()
            self.addCleanup(scratch.cleanup)
            folder = Path(scratch.name)
            (folder / "plugin.py").write_text(textwrap.dedent(source))
        worker = WorkerProcess(folder, **rest)
        self.addCleanup(worker.__exit__)
        return worker

    def loaded(self, *arguments, **rest):
        worker = self.worker(*arguments, **rest)
        self.assertEqual(worker.load()["type"], "loaded", worker.printed())
        return worker


class Conversation(WorkerTestCase):
    def test_the_handshake_is_one_line_and_comes_before_anything_is_asked(self):
        line = self.worker().handshake()
        self.assertRegex(line, rb"^GANTRY-PLUGIN 1 python/[0-9.]+\n$")

    def test_a_plugin_without_any_import_of_gantry_works_unchanged(self):
        worker = self.worker('''
            import os

            class Plugin:
                """The class of the contract: checks in the constructor, tools as methods."""

                def __init__(self):
                    if not os.path.exists("plugin.py"):
                        raise RuntimeError("Model file not found")

                def validate(self):
                    return True

                def detect_players(self, frame, device: str = "cuda", annotated: bool = False,
                                   confidence: float = 0.25):
                    """Finds players.

                    More about it.
                    """
                    return {"count": int(frame[1, 2, 0]), "device": device, "confidence": confidence}
        ''')
        loaded = worker.load()
        self.assertEqual(loaded, {"type": "loaded", "tools": [{
            "name": "detect_players", "description": "Finds players.", "output_schema": None, "takes": ["frame"],
            "input_schema": {
                "type": "object", "additionalProperties": False, "properties": {
                    "device": {"type": "string", "default": "cuda"},
                    "annotated": {"type": "boolean", "default": False},
                    "confidence": {"type": "number", "default": 0.25}}}}]})
        self.assertEqual(worker.validate(), {"type": "validated", "ok": True})
        frame = np.zeros((4, 5, 3), np.uint8)
        frame[1, 2] = 9
        answer = worker.call("detect_players", identifier=7, frame=frame, device="cpu")
        self.assertEqual(answer, {
            "type": "result", "id": 7, "value": {"count": 9, "device": "cpu", "confidence": 0.25}})

    def test_shutdown_ends_it_with_status_0(self):
        worker = self.loaded()
        worker.send({"type": "shutdown"})
        self.assertEqual(worker.exit_status(), 0)

    def test_it_exits_when_the_socket_ends_even_while_a_tool_runs(self):
        for tool in (None, "sleep", "spin"):
            with self.subTest(tool=tool):
                worker = self.loaded()
                if tool:
                    worker.start_call(tool)
                worker.socket.close()
                self.assertEqual(worker.exit_status(), 0)

    def test_what_a_plugin_prints_is_in_the_log_line_by_line(self):
        worker = self.loaded('''
            import time

            class Plugin:
                def talk(self):
                    print("to standard output")
                    time.sleep(3600)
        ''')
        worker.start_call("talk")
        worker.wait_for_print("to standard output\n")

    def test_unknown_message_types_and_late_cancels_are_ignored(self):
        worker = self.loaded()
        worker.send({"type": "something_new"})
        worker.send({"type": "cancel", "id": 3})
        self.assertEqual(worker.call("echo", identifier=4, value="x")["value"], "x")

    def test_a_message_out_of_turn_ends_it_with_a_reason(self):
        worker = self.worker()
        worker.handshake()
        worker.start_call("echo")
        self.assertEqual(worker.exit_status(), 76)
        self.assertIn("'call' came out of turn", worker.printed())

    def test_files_of_the_plugin_do_not_stand_in_for_the_librarys(self):
        worker = self.worker("class Plugin:\n    def tool(self):\n        return 1\n")
        (worker.folder / "base64.py").write_text("raise RuntimeError('the wrong base64')")
        (worker.folder / "numpy.py").write_text("raise RuntimeError('the wrong numpy')")
        self.assertEqual(worker.load()["type"], "loaded", worker.printed())


class Loading(WorkerTestCase):
    def failure(self, mode=None, source=None, **rest):
        manifest = {"environment": {"CHAOS_LOAD": mode}} if mode else {}
        worker = self.worker(source, manifest=manifest)
        answer = worker.load(**rest)
        self.assertEqual(answer["type"], "load_failed", answer)
        self.assertEqual(worker.exit_status(), 1)
        return answer

    def test_what_goes_wrong_is_named_with_its_stage(self):
        expected = {
            "import_error": (
                "import", "ImportError", "No module named 'a_module_that_nobody_has'. "
                "Install with: pip install a_module_that_nobody_has"),
            "import_exit": ("import", "SystemExit", "the plugin called sys.exit(3)"),
            "init_raises": ("construct", "RuntimeError", "the moon is in the wrong phase"),
            "init_exit": ("construct", "SystemExit", "the plugin called sys.exit(5)"),
            "no_tools": ("construct", "ValueError", "class Plugin has no public method, so the plugin has no tools"),
        }
        for mode, answer in expected.items():
            with self.subTest(mode=mode):
                failure = self.failure(mode)
                self.assertEqual((failure["stage"], failure["error_type"], failure["message"]), answer)

    def test_the_traceback_begins_in_the_plugin(self):
        traceback = self.failure("init_raises")["traceback"]
        self.assertIn('raise RuntimeError("the moon is in the wrong phase")', traceback)
        self.assertNotIn("gantry_plugin/", traceback)

    def test_a_missing_file_and_a_missing_class_say_so(self):
        self.assertIn("nothing.py is not there", self.failure(entrypoint="nothing.py")["message"])
        self.assertIn("has no class Nothing", self.failure(entrypoint="plugin:Nothing")["message"])

    def test_a_syntax_error_names_file_and_line(self):
        failure = self.failure(source="class Plugin:\n    def (\n")
        self.assertEqual(failure["error_type"], "SyntaxError")
        self.assertIn("(plugin.py, line 2)", failure["message"])

    def test_an_entrypoint_names_module_and_class(self):
        worker = self.worker("class Mine:\n    def tool(self):\n        return 1\n")
        self.assertEqual(worker.load(entrypoint="plugin:Mine")["type"], "loaded")

    def test_the_manifests_tools_are_offered_with_its_descriptions_and_schemas(self):
        schema = {"type": "object", "properties": {"value": {"type": "integer"}}}
        declared = {"name": "echo", "description": "As declared.", "input_schema": schema, "output_schema": {}}
        worker = self.worker(manifest={"tools": [declared]})
        self.assertEqual(worker.load()["tools"], [{**declared, "takes": []}])

    def test_a_declared_tool_that_the_class_lacks_is_refused(self):
        answer = self.worker(manifest={"tools": [{"name": "fly"}]}).load()
        self.assertEqual(answer["message"], "manifest.json lists the tool 'fly', but class Plugin has no such method")

    def test_validate_says_no_by_false_or_by_raising(self):
        for mode, message in (("swallows_import_error", "validate() returned False"),
                              ("validate_raises", "the model answers nonsense")):
            with self.subTest(mode=mode):
                worker = self.loaded(manifest={"environment": {"CHAOS_LOAD": mode}})
                answer = worker.validate()
                self.assertEqual((answer["ok"], answer["message"]), (False, message))


class Calls(WorkerTestCase):
    def test_a_frame_is_a_read_only_view_on_the_shared_memory(self):
        worker = self.loaded()
        frame = np.random.default_rng(3).integers(0, 256, (7, 9, 3), np.uint8)
        value = worker.call("mean", frame=frame)["value"]
        np.testing.assert_allclose(value["mean"], frame.mean(axis=(0, 1)))
        self.assertEqual((value["shape"], value["writeable"]), ([7, 9, 3], False))
        self.assertEqual(worker.call("write_frame", frame=frame)["error_type"], "ValueError")

    def test_a_frame_is_not_copied(self):
        worker = self.loaded("""
            class Plugin:
                def keep(self, frame):
                    self.kept = frame
                    return 0

                def look(self):
                    return int(self.kept[0, 0, 0])
        """)
        worker.call("keep", frame=np.zeros((2, 2, 3), np.uint8))
        os.pwrite(worker.memory, b"\x2a", 0)
        self.assertEqual(worker.call("look")["value"], 42)

    def test_a_frame_outside_the_memory_is_an_error(self):
        worker = self.loaded(frame_bytes=1000)
        for change in ({"width": 400}, {"height": 0}, {"offset": -1}, {"stride": 1}, {"format": "nv12"}):
            with self.subTest(change=change):
                place = {"offset": 0, "width": 4, "height": 4, "stride": 12, "format": "rgb8", **change}
                worker.send({"type": "call", "id": 1, "tool": "mean", "arguments": {}, "frame": place})
                self.assertEqual(worker.receive()["error_type"], "ValueError")

    def test_encoded_pictures_arrive_as_bytes_or_as_base64(self):
        worker = self.loaded()
        self.assertEqual(worker.call("picture_bytes", blob=b"\x89PNG1234")["value"], {
            "count": 8, "start": "89504e4731323334"})
        self.assertEqual(worker.call("picture_base64", blob=b"\x89PNG12")["value"], {"count": 8, "start": "iVBORzEy"})
        large = os.urandom(3 << 20)
        self.assertEqual(worker.call("picture_bytes", blob=large)["value"]["count"], len(large))

    def test_a_call_without_the_picture_it_needs_is_an_error(self):
        error = self.loaded().call("mean")
        self.assertEqual(error["error_type"], "ValueError")
        self.assertIn("mean needs a picture", error["message"])

    def test_unknown_and_missing_arguments_are_named(self):
        worker = self.loaded()
        error = worker.call("connect", hots="localhost", port=1)
        self.assertEqual((error["error_type"], error["message"]), (
            "TypeError", "connect has no argument 'hots'; did you mean 'host'? Known arguments: host, port"))
        error = worker.call("connect", host="localhost")
        self.assertEqual(error["message"], "connect needs 'port'. Known arguments: host, port")
        error = worker.call("no_such_tool")
        self.assertIn("there is no tool 'no_such_tool'", error["message"])

    def test_a_tool_that_raises_leaves_the_worker_alive(self):
        worker = self.loaded()
        for tool, kind in (("raises", "ValueError"), ("raises_memory_error", "MemoryError"),
                           ("raises_without_bound", "RecursionError"), ("raises_keyboard_interrupt", "KeyboardInterrupt"),
                           ("raises_text_that_cannot_be_read", "Broken")):
            with self.subTest(tool=tool):
                error = worker.call(tool)
                self.assertEqual((error["type"], error["error_type"]), ("error", kind))
                self.assertIn("plugin.py", error["traceback"])
                self.assertLess(len(error["traceback"]), 40000)
        self.assertEqual(worker.call("echo", value=1)["value"], 1)

    def test_an_async_tool_is_awaited(self):
        worker = self.loaded("""
            import asyncio

            class Plugin:
                async def wait(self):
                    await asyncio.sleep(0)
                    return "done"
        """)
        self.assertEqual(worker.call("wait")["value"], "done")

    def test_progress_is_reported_during_the_call(self):
        worker = self.loaded()
        worker.start_call("steps", identifier=5, count=3, seconds=0.06)
        messages = [worker.receive() for _ in range(4)]
        self.assertEqual([message["type"] for message in messages], ["progress"] * 3 + ["result"])
        self.assertEqual(messages[0], {"type": "progress", "id": 5, "fraction": 1 / 3, "message": "step 1"})

    def test_a_cancelled_call_ends_at_the_next_progress(self):
        worker = self.loaded()
        worker.start_call("steps", identifier=5, count=100000, seconds=0.01)
        self.assertEqual(worker.receive()["type"], "progress")
        worker.send({"type": "cancel", "id": 5})
        answer = worker.receive()
        while answer["type"] == "progress":
            answer = worker.receive()
        self.assertEqual((answer["type"], answer["error_type"]), ("error", "Cancelled"))
        self.assertEqual(worker.call("echo", identifier=6, value=1)["value"], 1)

    def test_a_cancel_for_another_call_is_ignored(self):
        worker = self.loaded()
        worker.start_call("steps", identifier=5, count=20, seconds=0.01)
        worker.send({"type": "cancel", "id": 4})
        answer = worker.receive()
        while answer["type"] == "progress":
            answer = worker.receive()
        self.assertEqual(answer["value"], {"steps": 20})


class Results(WorkerTestCase):
    def test_unsuitable_results_are_errors_that_name_the_place(self):
        worker = self.loaded()
        for tool, message in (
                ("nan", "result.detections[3].confidence is NaN"),
                ("infinity", "result[1] is infinite"),
                ("recursive", "result.self[0] contains itself"),
                ("deep", "is nested more than 63 levels deep"),
                ("huge", "result is 64.0 MiB as JSON; at most 16 MiB can be handed on"),
                ("bytes_result", "result.image is bytes, which JSON cannot hold; return base64 text"),
                ("object_result", "result.thing is a object"),
                ("large_integer", "result.count is an integer beyond 64 bits"),
                ("lone_surrogate", "result.text is text that is not valid Unicode (a lone surrogate)")):
            with self.subTest(tool=tool):
                answer = worker.call(tool)
                self.assertEqual(answer["type"], "error")
                self.assertIn(message, answer["message"])
        self.assertEqual(worker.call("float32")["value"], {
            "score": 0.25, "array": [0.0, 1.0, 2.0], "box": {"xyxy": [0.0] * 4, "confidence": 0.5}})


class Faults(WorkerTestCase):
    """What ends the process; Gantry must be able to tell from the status and the log."""

    def test_the_exit_status_is_the_tools_own(self):
        for tool, status in (("segfault", -signal.SIGSEGV), ("abort", -signal.SIGABRT), ("sys_exit", 7),
                             ("os_exit", 0), ("kill_itself", -signal.SIGKILL), ("exit_in_thread", 9)):
            with self.subTest(tool=tool):
                worker = self.loaded()
                worker.start_call(tool)
                self.assertEqual(worker.exit_status(), status)

    def test_a_crash_leaves_the_python_lines_in_the_log(self):
        worker = self.loaded()
        worker.start_call("segfault")
        worker.exit_status()
        self.assertIn("Segmentation fault", worker.printed())
        self.assertRegex(worker.printed(), r'plugin.py", line \d+ in segfault')

    def test_a_plugin_that_meddles_with_the_socket_ends_its_worker_and_says_so(self):
        for tool in ("close_control", "replace_control"):
            with self.subTest(tool=tool):
                worker = self.loaded()
                worker.start_call(tool)
                self.assertEqual(worker.exit_status(), 76)
                self.assertIn("the plugin closed or replaced Gantry's control socket", worker.printed())

    def test_descriptor_3_is_not_the_socket_any_more(self):
        worker = self.loaded()
        self.assertEqual(worker.call("write_to_descriptor_3")["error_type"], "OSError")
        self.assertEqual(worker.call("echo", value=1)["value"], 1)

    def test_a_forked_child_cannot_speak_for_the_worker(self):
        worker = self.loaded("""
            import os

            class Plugin:
                def split(self):
                    child = os.fork()
                    if child == 0:
                        return "from the child"
                    os.waitpid(child, 0)
                    return "from the parent"

                def split_and_forget(self):
                    import subprocess
                    return subprocess.run(["ls", "/proc/self/fd"], stdout=subprocess.PIPE, text=True).stdout.split()
        """)
        self.assertEqual(worker.call("split")["value"], "from the parent")
        self.assertEqual(worker.call("split_and_forget")["value"], ["0", "1", "2", "3"])


if __name__ == "__main__":
    unittest.main()
