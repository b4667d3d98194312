"""Bash's completion, asked as bash asks."""
import subprocess

import rig

ASK = """
source '{file}'
COMP_WORDS=('{program}' {words}) COMP_CWORD={at}
_edgewright '{program}'
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def complete(edgewright, *words):
    script = ASK.format(file=rig.TOP / "contrib/completion/edgewright.bash", program=edgewright.binary,
                        words=" ".join(f"'{word}'" for word in words), at=len(words))
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()


def test_words(edgewright):
    assert complete(edgewright, "ch") == ["check"]
    assert complete(edgewright, "--log-level", "d") == ["debug"]
    assert complete(edgewright, "check", "--consul-tok") == ["--consul-token", "--consul-token-file"]
    assert "--help" in complete(edgewright, "--") and "--once" in complete(edgewright, "--")
