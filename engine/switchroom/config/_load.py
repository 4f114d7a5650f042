"""Reading and checking the file: every problem is found in one go and named by file, key, value and what is allowed."""

from __future__ import annotations

import difflib
import tomllib
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from ..errors import ConfigError
from ._types import Config, Table, parse_listen


def load(path: str | Path) -> Config:
    """Read and check a file; ConfigError lists every problem."""
    try:
        text = Path(path).read_bytes().decode()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 (byte {error.start})") from error
    return parse(text, str(path), folder=Path(path).parent)


def parse(text: str, file: str = "configuration", folder: Path | None = None) -> Config:
    """Check TOML text. `file` is what messages name; `folder` is where password_file paths start."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not valid TOML: {error}") from error
    problems: list[str] = []
    config = _table(document, Config, "", problems)
    if config is not None:
        problems += _check(config)
    if problems or config is None:
        raise ConfigError("\n".join(f"{file}: {problem}" for problem in problems))
    return _with_passwords(config, file, folder or Path())


def _table(found: Any, kind: type[Table], at: str, problems: list[str]) -> Any:
    """Convert one table field by field, so that one bad key doesn't hide the next."""
    if not isinstance(found, dict):
        problems.append(f"{at}: found {_show(found)}, must be a table")
        return None
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    before = len(problems)
    for key, value in found.items():
        name = f"{at}.{key}" if at else key
        field = fields.get(key)
        if field is None:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            problems.append(f"{name}: unknown key{hint}; allowed: {', '.join(fields)}")
            continue
        values[field.name] = _value(value, field.type, name, problems)
    for field in fields.values():
        if field.required and field.name not in values:
            problems.append(f"{at}.{field.encode_name}: is missing; {_description(field.type)}")
    return kind(**values) if len(problems) == before else None


def _value(found: Any, kind: Any, name: str, problems: list[str]) -> Any:
    inner = _table_kind(kind)
    if inner is not None and isinstance(found, list):
        return tuple(_table(item, inner, f"{name}[{i}]", problems) for i, item in enumerate(found))
    if inner is not None:
        return _table(found, inner, name, problems)
    try:
        return msgspec.convert(found, kind, strict=True)
    except msgspec.ValidationError as error:
        allowed = _choices(kind)
        must = f"allowed: {', '.join(allowed)}" if allowed else _plain(str(error))
        problems.append(f"{name}: found {_show(found)}; {must}. {_description(kind)}".rstrip())
        return None


def _table_kind(kind: Any) -> type[Table] | None:
    """The Table inside `Table`, `tuple[Table, ...]` or an Annotated of them."""
    if isinstance(kind, type) and issubclass(kind, Table):
        return kind
    for part in get_args(kind):
        if (found := _table_kind(part)) is not None:
            return found
    return None


def _choices(kind: Any) -> list[str]:
    """The words of a Literal inside `kind`."""
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for part in get_args(kind) for word in _choices(part)]


def _description(kind: Any) -> str:
    for part in get_args(kind):
        if isinstance(part, msgspec.Meta) and part.description:
            return str(part.description)
    return ""


def _plain(message: str) -> str:
    """msgspec's text without its path; "Expected" reads as a demand."""
    return message.split(" - at ", maxsplit=1)[0].replace("Expected", "must be")


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def warnings(config: Config) -> list[str]:
    """What is valid but has no effect in this version."""
    found = [
        f"sip.listen: {text} is not served: this version speaks SIP over UDP only"
        for text in config.sip.listen
        if text.startswith("tcp://")
    ]
    where = [f"media.srtp = {config.media.srtp!r}"] if config.media.srtp != "off" else []
    where += [f"trunk {t.name}: srtp = {t.srtp!r}" for t in config.trunk if t.srtp in ("optional", "required")]
    where += [f"route to {r.to!r}: srtp = {r.srtp!r}" for r in config.route if r.srtp in ("optional", "required")]
    if where:
        found.append(f"{'; '.join(where)}: SIP goes without TLS, so whoever reads it reads the keys of the audio")
    if config.account:
        found.append("account: not used: phones cannot register in this version")
    return found


def _check(config: Config) -> list[str]:
    """What no single key can tell."""
    problems: list[str] = []
    for i, text in enumerate(config.sip.listen):
        problems += _check_listen(f"sip.listen[{i}]", text, {"udp", "tcp"})
    if not any(text.startswith("udp://") for text in config.sip.listen):
        problems.append(f"sip.listen: found {list(config.sip.listen)}; needs at least one udp://HOST:PORT")
    for i, text in enumerate(config.control.listen):
        problems += _check_listen(f"control.listen[{i}]", text, {"tcp", "unix"})
        if text.startswith("tcp://") and not config.control.allow_remote and not _is_loopback(text):
            problems.append(
                f"control.listen[{i}]: found {text!r}; must be a loopback address, or set control.allow_remote = true"
            )
    first, last = (int(part) for part in config.media.ports.split("-"))
    if not 1024 <= first < last <= 65535:
        problems.append(
            f"media.ports: found {config.media.ports!r}; must be FIRST-LAST within 1024-65535, FIRST below LAST"
        )
    if config.media.address is not None:
        try:
            ip_address(config.media.address)
        except ValueError:
            problems.append(f"media.address: found {config.media.address!r}; must be an IP address of this machine")
    problems += _check_codecs(config)
    return problems + _check_routes(config) + _check_trunks(config) + _check_recording(config)


def _check_codecs(config: Config) -> list[str]:
    lists = [("media.codecs", config.media.codecs)]
    lists += [(f"trunk[{i}].codecs", trunk.codecs) for i, trunk in enumerate(config.trunk)]
    return [
        f"{name}: found {list(codecs)}; each codec must stand there once"
        for name, codecs in lists
        if len(set(codecs)) != len(codecs)
    ]


def _check_listen(name: str, text: str, schemes: set[str]) -> list[str]:
    try:
        listen = parse_listen(text)
    except ValueError as error:
        return [f"{name}: found {text!r}; {error}"]
    if listen.scheme not in schemes:
        allowed = " or ".join(f"{scheme}:" for scheme in sorted(schemes))
        return [f"{name}: found {text!r}; this version listens on {allowed} here"]
    return []


def _is_loopback(text: str) -> bool:
    try:
        return ip_address(parse_listen(text).host).is_loopback
    except ValueError:
        return True  # reported already


def _check_recording(config: Config) -> list[str]:
    recording, problems = config.recording, []
    ids: set[str] = set()
    for i, key in enumerate(recording.key):
        if [key.file, key.env, key.command].count(None) != 2:
            problems.append(f"recording.key[{i}] ({key.id}): needs one of file, env and command")
        if key.id in ids:
            problems.append(f"recording.key[{i}].id: found {key.id!r} twice; each key needs an id of its own")
        ids.add(key.id)
    if recording.key and find_spec("cryptography") is None:
        problems.append(
            "recording.key: encryption needs the package cryptography: pip install 'switchroom[encryption]'"
        )
    if recording.require_key and not recording.key:
        problems.append(
            "recording.require_key: found true, and there is no [[recording.key]]: nothing could be recorded"
        )
    if recording.format != "wav" and find_spec("soundfile") is None:
        problems.append(
            f"recording.format: found {recording.format!r}; it needs the package soundfile: "
            "pip install 'switchroom[audio]'"
        )
    return problems


def _check_trunks(config: Config) -> list[str]:
    problems: list[str] = []
    names: set[str] = set()
    for i, trunk in enumerate(config.trunk):
        if trunk.name in names:
            problems.append(f"trunk[{i}].name: found {trunk.name!r} twice; each trunk needs a name of its own")
        names.add(trunk.name)
        if trunk.password is not None and trunk.password_file is not None:
            problems.append(f"trunk[{i}] ({trunk.name}): has password and password_file; keep one")
    return problems


def _check_routes(config: Config) -> list[str]:
    problems: list[str] = []
    trunks = {trunk.name for trunk in config.trunk}
    for i, route in enumerate(config.route):
        at = f"route[{i}] (to = {route.to!r})"
        if route.action == "dial" and route.trunk is None:
            problems.append(f"{at}: action dial needs trunk; defined: {', '.join(sorted(trunks)) or 'none'}")
        if route.action == "play" and route.file is None:
            problems.append(f"{at}: action play needs file, a WAV of 8 kHz")
        for name in (*([route.trunk] if route.trunk else []), *route.failover):
            if name not in trunks:
                problems.append(f"{at}: trunk {name!r} is not defined; defined: {', '.join(sorted(trunks)) or 'none'}")
        if route.auth:
            problems.append(f"{at}: auth = true is not possible in this version; must be false")
    return problems


def _with_passwords(config: Config, file: str, folder: Path) -> Config:
    """Read the password files, so that a missing one is an error at start and not at the first challenge."""
    trunks = []
    for i, trunk in enumerate(config.trunk):
        if trunk.password_file is None:
            trunks.append(trunk)
            continue
        path = folder / trunk.password_file
        try:
            password = path.read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: trunk[{i}].password_file: {path} cannot be read: {error}") from error
        trunks.append(msgspec.structs.replace(trunk, password=password, password_file=None))
    keys = tuple(
        key if key.file is None else msgspec.structs.replace(key, file=str(folder / key.file))
        for key in config.recording.key
    )
    recording = msgspec.structs.replace(config.recording, key=keys)
    return msgspec.structs.replace(config, trunk=tuple(trunks), recording=recording)
