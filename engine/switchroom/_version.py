"""The one place where the version stands; compiled into C too and compared at import."""

__version__ = "0.1.0"
