"""The configuration file: TOML, checked in full before anything starts."""

from __future__ import annotations

from ._load import load, parse, warnings
from ._types import (
    AccountConfig,
    AudioConfig,
    Config,
    ControlConfig,
    EngineConfig,
    ForkConfig,
    Listen,
    MediaConfig,
    QualityConfig,
    RecordingConfig,
    RecordingKeyConfig,
    ReportingConfig,
    RetentionConfig,
    RouteConfig,
    SipConfig,
    StoreConfig,
    TokenConfig,
    TrunkConfig,
    UserConfig,
    parse_listen,
)

__all__ = [
    "AccountConfig",
    "AudioConfig",
    "Config",
    "ControlConfig",
    "EngineConfig",
    "ForkConfig",
    "Listen",
    "MediaConfig",
    "QualityConfig",
    "RecordingConfig",
    "RecordingKeyConfig",
    "ReportingConfig",
    "RetentionConfig",
    "RouteConfig",
    "SipConfig",
    "StoreConfig",
    "TokenConfig",
    "TrunkConfig",
    "UserConfig",
    "load",
    "parse",
    "parse_listen",
    "warnings",
]
