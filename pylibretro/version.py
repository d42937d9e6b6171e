"""The version of this library, for the package and for what it writes into files."""

__version__ = "0.1.0"
