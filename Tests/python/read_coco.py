"""Reads a COCO file with pycocotools and prints what it found as JSON: the independent reader of Gantry's COCO.

usage: read_coco.py FILE

The file's own boxes are also scored against it as detections: a sound file finds all of them (AP 1).
"""
import contextlib
import io
import json
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def main(path):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(path)
        annotations = coco.loadAnns(coco.getAnnIds())
        by_image = {image: coco.getAnnIds(imgIds=[image]) for image in coco.getImgIds()}
        detections = [
            {key: annotation[key] for key in ("image_id", "category_id", "bbox", "score")} for annotation in annotations]
        precision = None
        if detections:
            evaluation = COCOeval(coco, coco.loadRes(detections), "bbox")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
            precision = float(evaluation.stats[0])
    print(json.dumps({
        "images": [image["id"] for image in coco.loadImgs(coco.getImgIds())],
        "categories": [category["name"] for category in coco.loadCats(coco.getCatIds())],
        "track_ids": [annotation["track_id"] for annotation in annotations if "track_id" in annotation],
        "scenes": len(coco.dataset.get("scenes", [])),
        "annotations_of_images": sum(len(ids) for ids in by_image.values()),
        "precision": precision,
    }))


if __name__ == "__main__":
    main(sys.argv[1])
