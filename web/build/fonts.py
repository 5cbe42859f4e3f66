"""Makes the fonts of web/src/styles/fonts from those of @fontsource-variable/onest. Only needed when that package or the ranges change:

    pip install fonttools==4.68.0 brotli==1.2.1 && python3 web/build/fonts.py

Half the size: only the weights that the client shows (400 to 700), and letters with accents in a file of their own, fetched when a text has one.
The ranges are those of web/src/styles/fonts.css.
"""

import os
import re

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "../../node_modules/@fontsource-variable/onest/files/onest-%s-wght-normal.woff2")
TARGET = os.path.join(HERE, "../src/styles/fonts/onest-%s.woff2")
STYLES = os.path.join(HERE, "../src/styles/fonts.css")
FEATURES = ["calt", "ccmp", "kern", "locl", "mark", "mkmk", "tnum"]
OURS = {"latin": "latin", "latin-accents": "latin", "cyrillic": "cyrillic"}


def range_of(name):
    """The code points of `unicode-range` in the face of this file."""
    with open(STYLES, encoding="utf-8") as file:
        face = re.search(r"onest-%s\.woff2[^}]*unicode-range:([^;]*);" % name, file.read()).group(1)
    points = set()
    for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", face):
        points.update(range(int(first, 16), int(last or first, 16) + 1))
    return points


def make(name, source):
    font = TTFont(SOURCE % source)
    wanted = range_of(name)
    missing = wanted - set(font.getBestCmap())
    if missing:
        raise SystemExit("%s has no %s" % (source, ", ".join("U+%04X" % point for point in sorted(missing))))
    instancer.instantiateVariableFont(font, {"wght": (400, 400, 700)}, inplace=True)
    options = subset.Options()
    options.layout_features = FEATURES
    options.hinting = False
    options.glyph_names = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["prep", "gasp", "MVAR"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    font.flavor = "woff2"
    font.recalcTimestamp = False
    font.save(TARGET % name)
    print(name, os.path.getsize(TARGET % name))


for name, source in OURS.items():
    make(name, source)
