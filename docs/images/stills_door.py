"""The annotated still of docs/observers.md: `python docs/images/stills_door.py`. Nobody is in it; it is drawn."""

from pathlib import Path

import cv2

from gatebench.fixtures.devices.camera.door import LAMP_AT, SYNC_AT, DoorScene
from gatebench.fixtures.devices.camera.shutter import Optics
from gatebench.fixtures.devices.field import Change

INK = (80, 220, 255)


def main() -> None:
    """The lamp is green, the leaf stands open."""
    scene = DoorScene(1, "EXIT3", Optics(30.0, 0.033), noise=0.0)
    for line, level, t in (("CONTACT1", 1, 0.5), ("LAMP1", 2, 3.0), ("EXIT3", 1, 3.2)):
        scene.sense(Change(line, level, round(t * 1e9)))
    image = scene.frame(4.0)
    for name, place in (("lamp: green", LAMP_AT), ("sync: the bench's own", SYNC_AT)):
        x, y = round(place.x), round(place.y)
        cv2.rectangle(image, (x - 24, y - 24), (x + 24, y + 24), INK, 1, cv2.LINE_AA)
        cv2.putText(image, name, (x - 60, y + 42), cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50))
    corners, numbers, _ = detector.detectMarkers(image)
    for corner, number in zip(corners, numbers.ravel(), strict=True):
        points = corner.reshape(4, 2).round().astype(int)
        cv2.polylines(image, [points], True, INK, 1, cv2.LINE_AA)
        text = {1: "leaf: marker 1", 2: "reference: marker 2"}[int(number)]
        at = (int(points[:, 0].max()) + 8, int(points[:, 1].mean()))
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)
    cv2.line(image, (420, 330), (620, 330), INK, 1, cv2.LINE_AA)
    cv2.putText(image, "people: the line", (424, 322), cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)
    cv2.imwrite(str(Path(__file__).with_name("observers.png")), image)


if __name__ == "__main__":
    main()
