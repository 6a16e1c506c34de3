"""What the file names of the IMM Face Database say: <person 01-40>-<type 1-6><m or f>."""

import re

TYPES = {
    1: "frontal, neutral",
    2: "frontal, happy",
    3: "turned to the person's right",
    4: "turned to the person's left",
    5: "frontal, spot light",
    6: "free expression",
}
FILE_NAME = re.compile(r"(?P<person>\d\d)-(?P<type>[1-6])(?P<sex>[fm])")
