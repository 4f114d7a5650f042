"""Speech out of recorded fragments: numbers, money, dates and times in several languages; tones of the world's
telephone networks. Pure: names in, names out. Where the recordings lie and how they are played is `live`'s business."""

from .render import LANGUAGES, fragments, language, render

__all__ = ["LANGUAGES", "fragments", "language", "render"]
