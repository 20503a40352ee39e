"""Renders a game as a video, and the truth about it: who is where in every frame.

    synthetic_game.py OUT.mp4 TRUTH.json [--seed N] [--seconds S] [--mode broadcast|tactical] [--cuts N] [--grey]
                      [--home '#203524'] [--away '#e8e8ec'] [--no-numbers]

Two teams of figures with numbers on their backs run about on a field, hide each other, turn, leave the picture and
come back; the camera pans after the play or stands still; cuts jump to another part of the field. The truth is a list of
players (team, number) and, for each frame, the boxes of those in the picture with the share of each that is to be seen.
"""

import argparse
import json
import math
import subprocess

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FPS = 25
WIDTH, HEIGHT = 1280, 720
FONTS = ["DejaVuSans-Bold.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSerif-Bold.ttf"]
SKINS = [(224, 172, 140), (141, 85, 36), (198, 134, 66), (255, 219, 190)]
#: Sprites are drawn this high and shrunk.
SPRITE = 420
PHASES = 8


def rgb(text):
    return tuple(int(text[at : at + 2], 16) for at in (1, 3, 5))


def shade(colour, light):
    return tuple(int(max(0, min(255, channel * light))) for channel in colour)


class Figure:
    """One person's looks: a sprite for each way of standing and each phase of running."""

    def __init__(self, rng, shirt, number, font):
        self.shirt, self.number = shirt, number
        self.font = font
        self.skin = SKINS[rng.integers(len(SKINS))]
        self.hair = shade((70, 50, 30), rng.uniform(0.3, 1.6))
        self.shorts = shade(shirt, rng.uniform(0.5, 0.8)) if rng.random() < 0.5 else (240, 240, 240)
        self.socks = shade(shirt, rng.uniform(0.7, 1.0))
        self.build = rng.uniform(0.94, 1.08)
        self.cache = {}

    def sprite(self, facing, phase, height):
        """An RGBA picture of the given height: facing is back, front, left or right."""
        height = int(round(height / 4)) * 4
        key = (facing, phase, height)
        if key not in self.cache:
            full = self.drawn(facing, phase)
            width = max(1, round(full.width * height / full.height))
            self.cache[key] = np.asarray(full.resize((width, height), Image.LANCZOS), np.float32)
        return self.cache[key]

    def drawn(self, facing, phase):
        h, w = SPRITE, int(SPRITE * 0.56)
        picture = Image.new("RGBA", (w, h), (0, 0, 0, 0))
        draw = ImageDraw.Draw(picture)
        middle = w / 2
        side = facing in ("left", "right")
        swing = math.sin(2 * math.pi * phase / PHASES)
        half = w * (0.15 if side else 0.235) * self.build
        reach = w * (0.30 if side else 0.07)
        lift = h * 0.05

        def limb(points, thickness, colour):
            draw.line(points, fill=colour, width=int(thickness), joint="curve")
            for x, y in points:
                draw.ellipse((x - thickness / 2, y - thickness / 2, x + thickness / 2, y + thickness / 2), fill=colour)

        for sign, light in ((-1, 0.85), (1, 1.0)):  # legs
            hip = (middle + (0 if side else sign * half * 0.5), h * 0.56)
            stride = sign * swing
            knee = (hip[0] + stride * reach * 0.6 + (0 if side else sign * 4), h * 0.73 - max(0, stride) * lift)
            foot = (hip[0] + stride * reach, h * 0.93 - max(0, -stride) * lift * 1.5)
            limb([hip, knee], w * 0.13, shade(self.skin, light))
            limb([knee, foot], w * 0.105, shade(self.socks, light))
            toe = {"left": -1, "right": 1}.get(facing, 0)
            limb([foot, (foot[0] + toe * w * 0.07, foot[1] + h * 0.025)], w * 0.09, shade((30, 30, 35), light))
        draw.rounded_rectangle((middle - half * 0.95, h * 0.50, middle + half * 0.95, h * 0.67), 14, fill=self.shorts)

        def arm(sign, light):
            shoulder = (middle + (0 if side else sign * half * 0.98), h * 0.215)
            stride = -sign * swing
            elbow = (shoulder[0] + (stride * reach * 0.6 if side else sign * w * 0.07), h * 0.35)
            hand = (elbow[0] + (stride * reach * 0.5 + w * 0.03 if side else sign * w * 0.01),
                    h * (0.44 - 0.05 * abs(stride)))
            limb([shoulder, ((shoulder[0] + elbow[0]) / 2, (shoulder[1] + elbow[1]) / 2)], w * 0.125, shade(self.shirt, light))
            limb([((shoulder[0] + elbow[0]) / 2, (shoulder[1] + elbow[1]) / 2), elbow, hand], w * 0.08,
                 shade(self.skin, light))

        arm(-1, 0.8)
        # The torso, with the light from one side, and what is printed on it.
        torso = Image.new("RGBA", (w, h), (0, 0, 0, 0))
        ImageDraw.Draw(torso).polygon(
            [(middle - half * 1.02, h * 0.185), (middle - half * 0.4, h * 0.16), (middle + half * 0.4, h * 0.16),
             (middle + half * 1.02, h * 0.185), (middle + half * 0.92, h * 0.54), (middle - half * 0.92, h * 0.54)],
            fill=(*self.shirt, 255))
        if facing == "back" and self.number is not None:
            dark = sum(self.shirt) > 380
            ink = (20, 20, 30, 255) if dark else (245, 245, 245, 255)
            font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/" + self.font, int(h * 0.175))
            left, top, right, bottom = font.getbbox(str(self.number))
            ImageDraw.Draw(torso).text(
                (middle - (left + right) / 2, h * 0.33 - (top + bottom) / 2), str(self.number), font=font, fill=ink)
        pixels = np.asarray(torso, np.float32).copy()
        x = np.arange(w)
        pixels[..., :3] *= (1.0 + 0.16 * np.cos((x - middle + half * 0.6) / half))[None, :, None] - 0.10
        picture.alpha_composite(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)))
        arm(1, 1.0)
        draw.rectangle((middle - w * 0.05, h * 0.12, middle + w * 0.05, h * 0.175), fill=shade(self.skin, 0.9))
        draw.ellipse((middle - w * 0.095, h * 0.015, middle + w * 0.095, h * 0.14), fill=self.skin)
        if facing == "back":
            draw.ellipse((middle - w * 0.10, h * 0.01, middle + w * 0.10, h * 0.125), fill=self.hair)
        else:
            draw.pieslice((middle - w * 0.10, h * 0.005, middle + w * 0.10, h * 0.13), 180, 360, fill=self.hair)
        return picture.filter(ImageFilter.GaussianBlur(0.8))


class Runner:
    """Where a person is on the field, which is 100 by 60."""

    def __init__(self, rng, figure, team, number):
        self.rng, self.figure, self.team, self.number = rng, figure, team, number
        self.at = np.array([rng.uniform(5, 95), rng.uniform(4, 56)])
        self.speed = np.zeros(2)
        self.goal = self.at.copy()
        self.phase = rng.uniform(0, PHASES)
        self.facing = "back"

    def step(self):
        if np.linalg.norm(self.goal - self.at) < 2 or self.rng.random() < 0.004:
            self.goal = np.array([self.rng.uniform(3, 97), self.rng.uniform(3, 57)])
        wanted = self.goal - self.at
        wanted *= min(5.5, np.linalg.norm(wanted)) / max(1e-6, np.linalg.norm(wanted))
        self.speed += (wanted - self.speed) * 0.06
        self.at = self.at + self.speed / FPS
        self.phase = (self.phase + np.linalg.norm(self.speed) * 0.075) % PHASES
        x, y = self.speed
        if abs(x) > 1.6 * abs(y):
            self.facing = "right" if x > 0 else "left"
        else:
            self.facing = "back" if y < 0 else "front"  # up the picture is away from the camera


def field(rng):
    """The grass with its lines, seen from the side: a pixel map of the whole field, twenty to a unit in x."""
    grass = np.zeros((HEIGHT, 2 * WIDTH, 3), np.float32)
    stripes = (np.arange(2 * WIDTH) // 160) % 2
    grass[:] = np.array([72, 128, 52])[None, None] + stripes[None, :, None] * np.array([6, 10, 4])
    grass += rng.normal(0, 4, grass.shape)
    grass[: HEIGHT // 6] = np.array([70, 76, 92]) + rng.normal(0, 16, (HEIGHT // 6, 2 * WIDTH, 1))
    grass[HEIGHT // 6 : HEIGHT // 6 + 14] = (30, 60, 150)
    grass[:, WIDTH - 3 : WIDTH + 3] = 225
    grass[HEIGHT // 6 + 26 : HEIGHT // 6 + 30] = 225
    return grass


class Camera:
    """What part of the field is in the picture: its left edge and its width, in units."""

    def __init__(self, mode, rng):
        self.span = 46.0 if mode == "broadcast" else 100.0
        self.tallest = 175 if mode == "broadcast" else 84
        self.left = 27.0 if mode == "broadcast" else 0.0
        self.moves = mode == "broadcast"

    def step(self, play):
        if self.moves:
            self.left += (min(100 - self.span, max(0, play - self.span / 2)) - self.left) * 0.02

    def foot(self, at):
        depth = at[1] / 60
        return ((at[0] - self.left) / self.span * WIDTH, HEIGHT * (0.28 + 0.66 * depth))

    def height(self, at):
        return self.tallest * (0.72 + 0.28 * at[1] / 60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("video")
    parser.add_argument("truth")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--mode", choices=["broadcast", "tactical"], default="broadcast")
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--grey", action="store_true")
    parser.add_argument("--no-numbers", action="store_true")
    parser.add_argument("--home", default="#203524")
    parser.add_argument("--away", default="#e8e8ec")
    parser.add_argument("--home-numbers", default="17,4,23,8,66")
    parser.add_argument("--away-numbers", default="17,9,31,20,5")
    options = parser.parse_args()

    rng = np.random.default_rng(options.seed)
    runners = []
    for team, (colour, numbers) in enumerate(
        ((options.home, options.home_numbers), (options.away, options.away_numbers))
    ):
        font = FONTS[rng.integers(len(FONTS))]
        for number in map(int, numbers.split(",")):
            figure = Figure(rng, rgb(colour), None if options.no_numbers else number, font)
            runners.append(Runner(rng, figure, team, number))
    runners.append(Runner(rng, Figure(rng, (235, 200, 30), None, FONTS[0]), 2, None))

    grass = field(rng)
    camera = Camera(options.mode, rng)
    count = int(options.seconds * FPS)
    cuts = [round(count * (at + 1) / (options.cuts + 1)) for at in range(options.cuts)]
    encoder = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS),
         "-i", "-", "-c:v", "mpeg4", "-q:v", "4", "-g", "50", "-threads", "1", options.video],
        stdin=subprocess.PIPE)
    frames = []
    light = 1.0
    for frame in range(count):
        if frame in cuts:
            camera.left = (camera.left + 35) % (100 - camera.span) if camera.moves else 0.0
            light = rng.uniform(0.8, 1.1)
            if not camera.moves:  # the same field from closer by
                camera.span, camera.tallest, camera.left = (70.0, 112, 15.0) if camera.span > 80 else (100.0, 84, 0.0)
        for runner in runners:
            runner.step()
        camera.step(np.mean([runner.at[0] for runner in runners[:5]]))
        start = int(camera.left / 100 * WIDTH)
        width = int(camera.span / 100 * 2 * WIDTH)
        begin = min(2 * WIDTH - width, 2 * start)
        picture = grass[:, begin : begin + width]
        columns = np.minimum(width - 1, (np.arange(WIDTH) * width / WIDTH).astype(int))
        picture = picture[:, columns].copy()
        owner = np.full((HEIGHT, WIDTH), -1, np.int16)
        shown = []
        for index in sorted(range(len(runners)), key=lambda at: runners[at].at[1]):
            runner = runners[index]
            foot_x, foot_y = camera.foot(runner.at)
            sprite = runner.figure.sprite(runner.facing, int(runner.phase) % PHASES, camera.height(runner.at))
            high, wide = sprite.shape[:2]
            x, y = int(round(foot_x - wide / 2)), int(round(foot_y - high))
            left, right, top, bottom = max(0, x), min(WIDTH, x + wide), max(0, y), min(HEIGHT, y + high)
            if right <= left or bottom <= top:
                continue
            part = sprite[top - y : bottom - y, left - x : right - x]
            alpha = part[..., 3:] / 255
            picture[top:bottom, left:right] = picture[top:bottom, left:right] * (1 - alpha) + part[..., :3] * alpha
            solid = alpha[..., 0] > 0.5
            owner[top:bottom, left:right][solid] = index
            rows, cols = np.where(sprite[..., 3] > 127)
            shown.append((index, x + cols.min(), y + rows.min(), x + cols.max() + 1, y + rows.max() + 1, len(rows)))
        boxes = []
        for index, x0, y0, x1, y1, pixels in shown:
            seen = int((owner == index).sum()) / max(1, pixels)
            x0, y0, x1, y1 = max(0, x0), max(0, y0), min(WIDTH, x1), min(HEIGHT, y1)
            if seen > 0.02 and x1 > x0 and y1 > y0:
                boxes.append([index, int(x0), int(y0), int(x1 - x0), int(y1 - y0), round(seen, 3), runners[index].facing])
        picture = picture * light + rng.normal(0, 2.5, (HEIGHT, WIDTH, 1))
        if options.grey:
            picture = picture @ np.array([0.299, 0.587, 0.114])[:, None] * np.ones(3)
        encoder.stdin.write(np.clip(picture, 0, 255).astype(np.uint8).tobytes())
        frames.append(boxes)
    encoder.stdin.close()
    if encoder.wait() != 0:
        raise SystemExit("ffmpeg failed")
    with open(options.truth, "w") as file:
        json.dump({
            "fps": FPS, "width": WIDTH, "height": HEIGHT, "cuts": cuts,
            "players": [{"team": runner.team, "number": runner.number} for runner in runners],
            "frames": frames,
        }, file)


if __name__ == "__main__":
    main()
