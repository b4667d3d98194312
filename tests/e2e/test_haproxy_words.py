"""Lines and words: what haproxy/quote.c makes of them is what the real HAProxy makes of them."""
import os
import random
import re
import subprocess

import haproxies
import pytest

# Since 3.0 or earlier, but not in 2.6, the words of a `lua-load` line behind the file's name are given to the script.
PROBE = r"""
local words = {}
for _, word in ipairs(table.pack(...)) do
    words[#words + 1] = word:gsub(".", function(byte) return string.format("%02x", byte:byte()) end)
end
io.stdout:write("words " .. table.concat(words, " ") .. "\n")
io.stdout:flush()
"""
BATCH = 20      # HAProxy gives up at 50 errors

KNOWN = [
    rb"a b", rb"a\ b", rb"'a b'", rb'"a b"', rb"a#b c", rb"a\#b", rb"'#' \" \' x", rb'"\"" b', rb"'a\' b",
    rb"a\	b", b"a\tb\vc\fd", rb"\x41\x7e", rb"\x4", rb"\xzz", rb"a\n\r\tb", rb"\a\1\$x $x ${x}", rb'"\$x"', rb'"$"',
    rb'"${"', rb'"$1"', rb'"${a[1]}"', rb"'", rb'"', rb'a "" b', rb"a ''", rb"a '' ''", rb"a b\x00c d", b"a b\rc",
    b"a 'b\r'", rb"a\\ b", rb"a\\\ b", b"\xc3\xa9 \xff\x01", rb"\\", b"\\", rb"a'b'c\"d\"e", rb"'a'\''b'", b"a\\\rb",
    b" ".join([b"w"] * 62), b" ".join([b"w"] * 64),
]
# Bytes that mean something come more often.
ALPHABET = [bytes([b]) for b in b"\"\"\"'''\\\\\\\\\\##   \t\v\f$x0aZ.-[]{}n\x01\x7f\xff"]
WHOLE = [rb"\x41", rb"\x20", rb"\x5c", rb"\ ", rb"\"", rb"\'", b"'a b'", b'"a b"', b"word"]


def random_line(rng):
    parts = ALPHABET + WHOLE
    return b"".join(rng.choice(parts) for _ in range(rng.randrange(1, 14)))


def run(binary, folder, lines):
    """HAProxy's standard output, which lines are wrong to it, and its standard error."""
    path = folder / "words.cfg"
    path.write_bytes(b"global\n" + b"".join(line + b"\n" for line in lines))
    done = subprocess.run([binary.path, "-c", "-f", path], capture_output=True)
    errors = re.findall(
        rb"parsing \[[^\]]*:(\d+)\] ?: (?:unmatched quote|unmatched brace|forbidden first char|truncated or invalid|"
        rb"too many words)", done.stderr)
    return done.stdout, {int(n) - 2 for n in errors}, done.stderr


def ask_for_words(binary, folder, lines):
    """The words of each line, None for one that is wrong."""
    (folder / "probe.lua").write_text(PROBE)
    lines = [b"lua-load " + os.fsencode(folder / "probe.lua") + b" " + line for line in lines]
    _, errors, _ = run(binary, folder, lines)
    out, _, _ = run(binary, folder, [line for n, line in enumerate(lines) if n not in errors])
    words = iter(line[6:].split(b" ") if len(line) > 6 else [] for line in out.split(b"\n") if line.startswith(b"words"))
    return [None if n in errors else next(words) for n in range(len(lines))]


def ask_tool(folder, lines):
    """The same of ours, "variable" where nothing is sure."""
    path = folder / "lines"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    done = subprocess.run([haproxies.plan_tool(), "words", path], capture_output=True, check=True)
    answers = [answer.split(b" ") for answer in done.stdout.split(b"\n")[:-1]]
    assert len(answers) == len(lines)
    return [{b"error": None, b"variable": "variable"}.get(kind, words) for kind, *words in answers]


def compare_words(binary, folder, lines):
    ours = [words and words[2:] for words in ask_tool(folder, [b"lua-load probe " + line for line in lines])]
    for line, our, their in zip(lines, ours, ask_for_words(binary, folder, lines)):
        if our and b"" in our:
            our = our[:our.index(b"")]      # the arguments end there
        assert our == their, f"{line!r}: we read {our}, HAProxy {their}"


def said(line_number, words):
    """What HAProxy says of a `.notice` with these words."""
    words = words + [b"", b""]
    text = b"Unexpected argument '%s' for '.notice'" % words[1] if words[1] else b"'%s'.\n" % words[0]
    return b"words.cfg:%d]: %s" % (line_number, text)


def compare_notices(binary, folder, lines):
    """The first and the second word, as all versions tell them."""
    lines = [b".notice " + more + line for line in lines for more in (b"", b"a ")]
    ours = ask_tool(folder, lines)
    _, errors, _ = run(binary, folder, lines)
    assert {n for n, words in enumerate(ours) if words is None} == errors
    good = [(line, words) for line, words in zip(lines, ours) if words is not None]
    _, _, text = run(binary, folder, [line for line, _ in good])
    for n, (line, words) in enumerate(good):
        wanted = said(n + 2, [bytes.fromhex(word.decode()) for word in words[1:]])
        assert wanted in text, f"{line!r}: we read {words}, HAProxy says:\n{text.decode(errors='replace')}"


def compare(binary, folder, lines):
    lines = [line for line, words in zip(lines, ask_tool(folder, lines)) if words != "variable"]
    for at in range(0, len(lines), BATCH):
        compare_notices(binary, folder, lines[at:at + BATCH])
        if binary.version >= (3, 0):
            compare_words(binary, folder, lines[at:at + BATCH])


@pytest.mark.parametrize("binary", haproxies.since((2, 6)), ids=str)
def test_known_lines(binary, tmp_path):
    compare(binary, tmp_path, KNOWN)


@pytest.mark.parametrize("binary", haproxies.since((2, 6)), ids=str)
def test_random_lines(binary, tmp_path):
    rng = random.Random(6)
    compare(binary, tmp_path, [random_line(rng) for _ in range(300)])
