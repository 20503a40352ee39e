"""Every way that a plugin can misbehave, one per tool; for tests of the host.

At loading it behaves, unless CHAOS_LOAD (the manifest's `environment`) names one of LOAD_MODES.
"""

import ctypes
import dataclasses
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time

import bounds
import numpy as np

MODE = os.environ.get("CHAOS_LOAD", "")
LOAD_MODES = (
    "import_error", "import_exit", "import_os_exit", "import_segfault", "import_flood",
    "init_raises", "init_raises_gpu", "init_raises_model", "init_exit", "init_segfault", "init_slow", "init_hangs",
    "swallows_import_error", "validate_raises", "validate_hangs", "validate_segfault", "no_tools")


def segfault():
    ctypes.string_at(0)


def flood(seconds):
    end, line = time.monotonic() + min(seconds, bounds.SECONDS), b"x" * 4095 + b"\n"
    while time.monotonic() < end:
        os.write(1, line)


def control_socket():
    """Gantry's socket, wherever the worker keeps it: what a malicious plugin would find as well."""
    for descriptor in range(3, 1024):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                return descriptor
        except OSError:
            pass
    raise LookupError("no socket is open")


def write_to_control(data):
    view = memoryview(data)
    while view:
        view = view[os.write(control_socket(), view):]


if MODE == "import_error":
    import a_module_that_nobody_has  # noqa: F401
elif MODE == "import_exit":
    sys.exit(3)
elif MODE == "import_os_exit":
    os._exit(4)
elif MODE == "import_segfault":
    segfault()
elif MODE == "import_flood":
    flood(2)

try:
    import another_module_that_nobody_has
except ImportError:
    another_module_that_nobody_has = None


@dataclasses.dataclass
class Box:
    xyxy: np.ndarray
    confidence: np.float32


class Plugin:
    def __init__(self):
        if MODE == "init_raises":
            raise RuntimeError("the moon is in the wrong phase")
        if MODE == "init_raises_gpu":
            raise RuntimeError("CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi.")
        if MODE == "init_raises_model":
            raise RuntimeError("Model file not found: models/moon.pt. Download it and place it there.")
        if MODE == "init_exit":
            sys.exit(5)
        if MODE == "init_segfault":
            segfault()
        if MODE == "init_slow":
            time.sleep(float(os.environ.get("CHAOS_SECONDS", "2")))
        if MODE == "init_hangs":
            bounds.hang()

    def validate(self):
        if MODE == "validate_raises":
            raise RuntimeError("the model answers nonsense")
        if MODE == "validate_hangs":
            bounds.hang()
        if MODE == "validate_segfault":
            segfault()
        return not (MODE == "swallows_import_error" and another_module_that_nobody_has is None)

    # --- behaving well

    def echo(self, value=None):
        """Gives back what it was given."""
        return value

    def mean(self, frame):
        """The mean of each channel, and the picture's shape."""
        return {"mean": frame.mean(axis=(0, 1)), "shape": frame.shape, "writeable": frame.flags.writeable}

    def picture_bytes(self, image_bytes):
        return {"count": len(image_bytes), "start": image_bytes[:8].hex()}

    def picture_base64(self, frame_base64):
        return {"count": len(frame_base64), "start": frame_base64[:8]}

    def steps(self, progress, count=10, seconds=0.0):
        """Reports progress after every step; ends early when cancelled."""
        for step in range(count):
            time.sleep(seconds)
            progress((step + 1) / count, f"step {step + 1}")
        return {"steps": count}

    def process_id(self):
        return os.getpid()

    # --- raising

    def raises(self, message="a bad frame"):
        raise ValueError(message)

    def raises_memory_error(self):
        raise MemoryError()

    def raises_without_bound(self):
        return self.raises_without_bound()

    def raises_text_that_cannot_be_read(self):
        class Broken(Exception):
            def __str__(self):
                raise RuntimeError("and this one neither")

        raise Broken()

    def raises_keyboard_interrupt(self):
        raise KeyboardInterrupt()

    # --- ending the process

    def segfault(self):
        segfault()

    def abort(self):
        os.abort()

    def sys_exit(self, status=7):
        sys.exit(status)

    def os_exit(self, status=0):
        os._exit(status)

    def kill_itself(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def exit_in_thread(self):
        threading.Thread(target=os._exit, args=(9,)).start()
        bounds.hang()

    # --- not answering

    def sleep(self, seconds=3600.0):
        with bounds.a_minute():
            time.sleep(seconds)
        return {"slept": seconds}

    def spin(self, seconds=3600.0):
        with bounds.a_minute():
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                pass
        return {"spun": seconds}

    def stop(self):
        os.kill(os.getpid(), signal.SIGSTOP)
        return {"stopped": True}

    def ignores_cancel(self, progress):
        bounds.end_in_a_minute()
        while True:
            try:
                progress()
            except BaseException:
                pass
            time.sleep(0.01)

    def ignores_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        bounds.hang()

    # --- taking too much

    def allocate(self, megabytes=2048):
        """Allocates and touches it, a MiB at a time."""
        held = []
        with bounds.a_minute():
            for _ in range(min(megabytes, bounds.MEGABYTES)):
                held.append(np.ones(1 << 20, np.uint8))
        return {"megabytes": len(held)}

    def allocate_in_child(self, megabytes=2048):
        code = ("import signal, sys, time; signal.alarm(int(sys.argv[2])); b = b'x' * (int(sys.argv[1]) << 20); "
                "time.sleep(3600)")
        megabytes = min(megabytes, bounds.MEGABYTES)
        return {"status": subprocess.call([sys.executable, "-c", code, str(megabytes), str(bounds.SECONDS)])}

    def fork_bomb(self):
        """Forks, and its children do, as deep as makes bounds.PROCESSES; they stay for a minute."""
        bounds.end_in_a_minute()
        for _ in range(bounds.PROCESSES.bit_length() - 1):
            try:
                os.fork()
            except OSError:
                time.sleep(0.001)
        bounds.hang()

    def threads(self, count=1000):
        bounds.end_in_a_minute()
        started = 0
        for _ in range(min(count, bounds.THREADS)):
            threading.Thread(target=time.sleep, args=(bounds.SECONDS,), daemon=True).start()
            started += 1
        return {"started": started}

    def fill_disk(self, megabytes=2048):
        path = os.path.join(os.environ["HOME"], "large")
        with bounds.a_minute(), open(path, "wb") as file:
            os.unlink(path)  # whatever becomes of this process, the disk is free again
            for _ in range(min(megabytes, bounds.MEGABYTES)):
                file.write(b"x" * (1 << 20))
        return {"megabytes": megabytes}

    def descriptors(self, count=100000):
        opened = []
        for _ in range(min(count, bounds.DESCRIPTORS)):
            opened.append(os.open("/dev/null", os.O_RDONLY))
        return {"opened": len(opened)}

    # --- getting away

    def escape(self, seconds=60.0, file=None):
        """Leaves a process behind in a session of its own, as a daemon does, and answers with its id."""
        reading, writing = os.pipe()
        if os.fork() == 0:
            try:
                self._leave(writing, time.monotonic() + seconds, file)
            finally:
                os._exit(0)
        os.close(writing)
        os.wait()
        answer = os.read(reading, 4)
        os.close(reading)
        return {"process": struct.unpack("<i", answer)[0]}

    def _leave(self, writing, end, file):
        try:
            os.setsid()
        except OSError:
            pass  # a sandbox may forbid it; it goes on all the same
        if os.fork() > 0:
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(writing, struct.pack("<i", os.getpid()))
        os.close(writing)
        while time.monotonic() < end:
            if file:
                with open(file, "a", encoding="ascii") as alive:
                    alive.write(".")
            time.sleep(0.02)

    def kill_parent(self):
        bounds.only_confined()
        os.kill(os.getppid(), signal.SIGKILL)
        return {"killed": os.getppid()}

    def read_file(self, path):
        with open(path, "rb") as file:
            return {"count": len(file.read())}

    def write_file(self, path):
        with open(path, "wb") as file:
            file.write(b"chaos was here\n")
        return {"written": path}

    def list_folder(self, path):
        return sorted(os.listdir(path))

    def connect(self, host, port):
        socket.create_connection((host, port), timeout=2).close()
        return {"connected": True}

    def see_environment(self):
        return dict(os.environ)

    def see_descriptors(self):
        open_ones = []
        for descriptor in range(1024):
            try:
                open_ones.append([descriptor, stat.S_IFMT(os.fstat(descriptor).st_mode)])
            except OSError:
                pass
        return open_ones

    # --- flooding and lying

    def flood_stdout(self, seconds=2.0):
        flood(seconds)
        return {"flooded": True}

    def flood_without_lines(self, megabytes=64):
        for _ in range(min(megabytes, bounds.MEGABYTES)):
            os.write(2, b"\xff\x00" * (1 << 19))
        return {"megabytes": megabytes}

    def flood_progress(self, progress, count=100000):
        message = b'{"type":"progress","id":%d,"fraction":0.5}'
        for _ in range(min(count, 1_000_000)):
            text = message % 1
            write_to_control(struct.pack("<QQ", len(text), 0) + text)
        return {"count": count}

    def garbage(self):
        write_to_control(os.urandom(65536))
        bounds.hang()

    def partial_header(self):
        write_to_control(b"\x05\x00\x00")
        bounds.hang()

    def partial_message(self):
        write_to_control(struct.pack("<QQ", 1000, 0) + b'{"type":"res')
        bounds.hang()

    def partial_message_and_exit(self):
        write_to_control(struct.pack("<QQ", 1000, 0) + b'{"type":"res')
        os._exit(0)

    def terabyte(self):
        write_to_control(struct.pack("<QQ", 1 << 40, 0) + b"{")
        bounds.hang()

    def terabyte_blob(self):
        write_to_control(struct.pack("<QQ", 2, 1 << 40) + b"{}")
        bounds.hang()

    def false_result(self):
        text = b'{"type":"result","id":999999,"value":"a lie"}'
        write_to_control(struct.pack("<QQ", len(text), 0) + text)
        bounds.hang()

    def write_to_descriptor_3(self):
        os.write(3, b"garbage")
        return {"written": True}

    def close_control(self):
        os.close(control_socket())
        return {"closed": True}

    def replace_control(self):
        os.dup2(os.open("/dev/null", os.O_RDWR), control_socket())
        return {"replaced": True}

    def close_everything(self):
        os.closerange(0, 4096)
        return {"closed": True}

    # --- the frame memory

    def truncate_memory(self, frame=None):
        os.ftruncate(4, 0)
        return {"truncated": True}

    def grow_memory(self):
        os.ftruncate(4, 1 << 40)
        return {"grown": True}

    def write_memory(self, frame=None):
        os.pwrite(4, b"\xff" * 4096, 0)
        return {"written": True}

    def write_frame(self, frame):
        frame[0, 0] = 255
        return {"written": True}

    def write_frame_by_force(self, frame):
        ctypes.memset(frame.ctypes.data, 255, 16)
        return {"written": True}

    # --- results

    def nan(self):
        return {"detections": [{"confidence": 0.5}] * 3 + [{"confidence": float("nan")}]}

    def infinity(self):
        return [1.0, float("-inf")]

    def float32(self):
        return {"score": np.float32(0.25), "array": np.arange(3, dtype=np.float32), "box": Box(np.zeros(4), 0.5)}

    def recursive(self):
        value = {"name": "a"}
        value["self"] = [value]
        return value

    def deep(self, levels=100):
        value = []
        for _ in range(levels):
            value = [value]
        return value

    def huge(self, megabytes=64):
        return {"text": "x" * (min(megabytes, bounds.MEGABYTES) << 20)}

    def bytes_result(self):
        return {"image": b"\x89PNG"}

    def object_result(self):
        return {"thing": object()}

    def large_integer(self):
        return {"count": 2**64}

    def lone_surrogate(self):
        return {"text": "\ud800"}


if MODE == "no_tools":
    class Plugin:  # noqa: F811
        pass
