"""Prints the pixels (RGB, a byte each) of a picture of the given size with the given text on it."""

import sys

from PIL import Image, ImageDraw, ImageFont

width, height, text = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
picture = Image.new("RGB", (width, height), (240, 240, 235))
font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", height // 4)
ImageDraw.Draw(picture).text((width // 16, height // 4), text, font=font, fill=(20, 20, 20))
sys.stdout.buffer.write(picture.tobytes())
