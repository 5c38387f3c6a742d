"""Print the links that open a notebook: on a hub, which fetches the course first, or on Binder.

python deploy/link.py https://hub.example.org 03              the course as install.sh put it beside the hub
python deploy/link.py https://hub.example.org 03 --repo URL   any hub with nbgitpuller, from a repository
python deploy/link.py binder 03                               Binder, from the clone's remote on GitHub
python deploy/link.py binder 03 --repo OWNER/NAME             Binder, from another one

Without a number: all notebooks. Nothing is written.
"""

import argparse
import sys
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ganlib.course.address import address_of_remote  # noqa: E402

INSTALLED = "file:///opt/gan-course/course.git"  # where install.sh puts the course if no PREFIX is given
BINDER, FOLDER, BRANCH = "https://mybinder.org", "gan-course", "main"


def hub_link(hub: str, notebook: str, repo: str = INSTALLED) -> str:
    """A link of nbgitpuller: log in, fetch or update the course, open the notebook.

    Args:
        hub: the hub's address, as https://hub.example.org.
        notebook: a file's name in the folder notebooks.
        repo: what git can clone from, as the students' servers see it.

    Raises:
        ValueError: if the hub's address is not one of the web.

    Example:
        >>> link = hub_link("https://hub.example.org/", "03_mlp_gan.ipynb", "https://example.org/course.git")
        >>> print(link.replace("&", " &"))
        https://hub.example.org/hub/user-redirect/git-pull?repo=https%3A%2F%2Fexample.org%2Fcourse.git \
&branch=main &targetpath=gan-course &urlpath=lab%2Ftree%2Fgan-course%2Fnotebooks%2F03_mlp_gan.ipynb
    """
    if urlsplit(hub).scheme not in ("http", "https") or not urlsplit(hub).netloc:
        raise ValueError(f"hub: expected an address as https://hub.example.org, but got {hub!r}")
    asked = {
        "repo": repo,
        "branch": BRANCH,
        "targetpath": FOLDER,
        "urlpath": f"lab/tree/{FOLDER}/notebooks/{notebook}",
    }
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(asked)}"


def binder_link(address: str, notebook: str) -> str:
    """A link that lets Binder build the course from GitHub and open a notebook; address is OWNER/NAME.

    Example:
        >>> binder_link("ada/course", "03_mlp_gan.ipynb")
        'https://mybinder.org/v2/gh/ada/course/main?labpath=notebooks%2F03_mlp_gan.ipynb'
    """
    return f"{BINDER}/v2/gh/{address}/{BRANCH}?labpath={quote(f'notebooks/{notebook}', safe='')}"


def binder_badge(address: str) -> str:
    """Markdown of Binder's badge, which opens notebook 01."""
    return f"[![Open in Binder]({BINDER}/badge_logo.svg)]({binder_link(address, '01_objective.ipynb')})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("where", metavar="HUB", help="the hub's address, or the word binder")
    parser.add_argument("numbers", metavar="03", nargs="*")
    parser.add_argument("--repo", help=f"by default {INSTALLED}, for Binder the clone's remote")
    given = parser.parse_args()
    wanted = tuple(given.numbers) or ("",)
    names = sorted(p.name for p in (ROOT / "notebooks").glob("*.ipynb") if p.name.startswith(wanted))
    if not names:
        sys.exit(f"No notebook begins with {' or '.join(given.numbers)}; the numbers are 01 to 13.")
    try:
        if given.where == "binder":
            address = given.repo or address_of_remote(ROOT)
            print(*(binder_link(address, name) for name in names), binder_badge(address), sep="\n")
        else:
            print(*(hub_link(given.where, name, given.repo or INSTALLED) for name in names), sep="\n")
    except ValueError as error:
        sys.exit(str(error).replace("give OWNER/NAME to the command", "say --repo OWNER/NAME"))


if __name__ == "__main__":
    main()
