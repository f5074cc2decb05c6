"""Writes a network as PyTorch source."""

from cnncalc.interchange.pytorch_source.source import to_pytorch

__all__ = ["to_pytorch"]
