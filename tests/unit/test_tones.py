"""Call-progress tones of the world: the table is whole, and the C generator makes what it says."""

from __future__ import annotations

import numpy as np
import pytest

from switchroom import errors
from switchroom.prompts.tones import KINDS, ToneSegment, countries, parse, tone


def test_every_country_has_every_tone_within_what_telephony_allows() -> None:
    assert len(countries()) >= 60
    for code, tones in countries().items():
        assert len(code) == 2 and set(tones) == set(KINDS), code
        for kind, segments in tones.items():
            assert 1 <= len(segments) <= 16 and segments[0].hz, (code, kind)
            for segment in segments:
                assert all(300 <= hz <= 1850 for hz in segment.hz), (code, kind)
                assert segment.ms == 0 or 25 <= segment.ms <= 15_000
            if len(segments) > 1:
                assert all(segment.ms for segment in segments), "only a steady tone has no length"


def test_well_known_tones_are_as_their_standards_have_them() -> None:
    assert tone("dial", "us") == (ToneSegment((350, 440), 0),)
    assert tone("busy", "de") == (ToneSegment((425,), 480), ToneSegment((), 480))
    assert [segment.ms for segment in tone("ringback", "uk")] == [400, 200, 400, 2000]
    assert tone("ringback", "jp")[0] == ToneSegment((400,), 1000, 16)
    assert [segment.hz for segment in tone("info", "fr")] == [(950,), (1400,), (1800,), ()]


def test_unknown_country_and_tone_name_what_there_is() -> None:
    with pytest.raises(errors.BadParams, match=r"'zz'.* de, "):
        tone("busy", "zz")
    with pytest.raises(errors.BadParams, match=r"'engaged'.*busy"):
        tone("engaged", "gb")


@pytest.mark.parametrize("text", ["", "425:x", "425+", "1+2+3+4+5:10", "400*:10", "425/500", ":500"])
def test_bad_text_of_a_tone_is_refused(text: str) -> None:
    if text:
        with pytest.raises(ValueError, match="tone"):
            parse(text)
    else:
        assert parse(text) == ()


def test_parts_of_a_tone() -> None:
    assert parse("350+440 -:50 400*25:10") == (
        ToneSegment((350, 440), 0),
        ToneSegment((), 50),
        ToneSegment((400,), 10, 25),
    )


def test_generator_makes_each_countrys_tone() -> None:
    """Frequencies by FFT and level of every first segment; its cadence by energy."""
    from switchroom import dsp

    rate, spectrum_s = 8000, 1
    for code, tones in countries().items():
        for kind, segments in tones.items():
            first = segments[0]
            steady = [(first.hz, first.mod_hz, -1300, 0)]
            pcm = dsp.cadence(steady, 1, rate * spectrum_s) / 32767
            lines = np.abs(np.fft.rfft(pcm)) * 2 / len(pcm)
            expected = {*first.hz} | (
                {first.hz[0] - first.mod_hz, first.hz[0] + first.mod_hz} if first.mod_hz else set()
            )
            assert set(np.flatnonzero(lines > 0.02)) == expected, (code, kind)
            dbm0 = 20 * np.log10(np.sqrt(2 * np.mean(pcm**2))) + 3.14
            assert dbm0 == pytest.approx(-13 + 10 * np.log10(len(first.hz)), abs=0.1), (code, kind)
            if len(segments) > 1:
                spelled = [(each.hz, each.mod_hz, -1300, each.ms) for each in segments]
                total = sum(each.ms for each in segments)
                twice = dsp.cadence(spelled, 0, 2 * total * 8)
                edges = np.cumsum([0] + [each.ms * 8 for each in segments * 2])
                for segment, start, end in zip(segments * 2, edges[:-1], edges[1:], strict=True):
                    assert bool(np.any(twice[start:end])) == bool(segment.hz), (code, kind)
