"""No word of a student or a file is executed, no asset is read unchecked, no name leads out of its folder."""

import ast
import gzip
import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
import torch

from ganlib import data, metrics
from ganlib.course import predict, progress, sketch
from ganlib.data import download
from ganlib.engine import checkpoint, files
from tests.faults.test_disk import small

ROOT = files.ASSETS.parent
SOURCES = [
    *(ROOT / "ganlib").rglob("*.py"),
    *(ROOT / "assets").glob("*.py"),
    *(ROOT / "notebooks").glob("*.py"),
]
PAGES = sorted((ROOT / "notebooks").glob("*.ipynb"))
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "system", "popen", "getoutput"}
LOADS_CODE = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "cloudpickle"}
REACHES_OUT = {"requests", "urllib.request", "http.client", "socket", "ftplib", "smtplib", "telnetlib"}


# The grading's own side in the sandbox runs a student's answer, which is its purpose, and reads the grader's
# arguments. The grader only writes pickles; what comes out of the sandbox is JSON and safetensors.
IN_THE_SANDBOX = {
    "runner.py": ["import pickle", "eval()", "exec()", "compile()", "compile()"],
    "remote.py": ["import pickle"],
}


def sources():
    """Each file's name and Python text; of a notebook the code cells, without lines for IPython itself."""
    for path in SOURCES:
        yield path.name, path.read_text(encoding="utf-8")
    for path in PAGES:
        cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        yield path.name, "\n".join(re.sub(r"^(\s*)[%!?].*", r"\1pass", cell, flags=re.M) for cell in cells)


def findings(text):
    """What in a Python text runs text, loads code, or reaches the network."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")  # os in os.system(...)
            keywords = {keyword.arg: getattr(keyword.value, "value", None) for keyword in node.keywords}
            safe = keywords.get("weights_only") is True or keywords.get("allow_pickle") is False
            if name in RUNS_TEXT and (
                isinstance(node.func, ast.Name) or owner in ("os", "subprocess", "builtins")
            ):
                yield f"{name}()"
            if name == "load" and owner in ("torch", "np", "numpy") and not safe:
                yield "load() that may unpickle"
            if keywords.get("shell") is True or keywords.get("allow_pickle") is True:
                yield f"{name}(shell or allow_pickle)"
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (
            f"import {module}"
            for module in modules
            if module.split(".")[0] in LOADS_CODE or module in REACHES_OUT
        )


def test_no_file_runs_text_or_loads_code_or_reaches_out():
    found = {name: list(findings(text)) for name, text in sources()}
    assert len(found) > 25
    assert {name: what for name, what in found.items() if what} == IN_THE_SANDBOX


def test_the_grader_never_unpickles():
    text = (ROOT / "ganlib" / "course" / "grading" / "remote.py").read_text(encoding="utf-8")
    assert "pickle.Pickler" in text and "load" not in text


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "import builtins\nbuiltins.exec('1')",
        "import pickle",
        "from joblib import load",
        "torch.load('a')",
        "import os\nos.system('ls')",
        "subprocess.run('ls', shell=True)",
        "np.load('a')",
        "from urllib.request import urlopen",
    ],
)
def test_the_search_finds(text):
    assert list(findings(text))


def test_the_one_road_to_the_network_is_the_data_sets_mirrors():
    """urllib stands in the text of the process that `_download` starts, and nowhere else."""
    users = [name for name, text in sources() if "urllib.request" in text or "urlopen" in text]
    assert users == ["download.py"] and "urllib.request" in download.DOWNLOAD
    assert list(findings(download.DOWNLOAD)) == ["import urllib.request"]
    assert all(
        mirror.startswith("http") for name in ("mnist", "fashion") for mirror in download.resources(name)[0]
    )


# Assets

ASSETS = sorted(json.loads((files.ASSETS / "hashes.json").read_text()))


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the assets that may be damaged; ganlib reads it."""
    shutil.copytree(files.ASSETS, tmp_path / "assets")
    monkeypatch.setattr(files, "ASSETS", tmp_path / "assets")
    return tmp_path / "assets"


@pytest.mark.parametrize("name", ASSETS)
def test_one_flipped_bit_of_an_asset_is_refused(copy, name):
    whole = (copy / name).read_bytes()
    for place in (0, len(whole) // 2, len(whole) - 1):
        (copy / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(
            ValueError, match=f"{Path(name).name}: expected sha256 .*, but got .*damaged or changed"
        ):
            files.asset(name)
    (copy / name).write_bytes(whole)
    assert files.asset(name) == copy / name


def test_every_reader_of_assets_checks_them(copy):
    """Not only `files.asset` itself: all that is loaded at run time goes through it."""
    readers = {
        "data/mnist-images.idx.gz": lambda: data.load("mnist"),
        "data/mnist-labels.idx.gz": lambda: data.load("mnist"),
        "data/fashion-images.idx.gz": lambda: data.load("fashion"),
        "data/fashion-labels.idx.gz": lambda: data.load("fashion"),
        "checkpoints/mnist-classifier.safetensors": lambda: metrics.Judge(),
        "checkpoints/mnist-reference.safetensors": lambda: metrics.Judge(),
        "checkpoints/fashion-classifier.safetensors": lambda: metrics.Judge("fashion"),
        "checkpoints/fashion-reference.safetensors": lambda: metrics.Judge("fashion"),
    }
    for name, read in readers.items():
        whole = (copy / name).read_bytes()
        (copy / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(ValueError, match=f"{Path(name).name}: expected sha256"):
            read()
        (copy / name).write_bytes(whole)
    direct = [
        name
        for name, text in sources()
        if re.search(r"ASSETS\b", text)
        and not name.startswith(("files.py", "build.py", "record_", "sandbox.py"))  # which copies them
    ]
    assert direct == [], "a file that goes to the assets past files.asset"


# Names that lead elsewhere

ELSEWHERE = [
    "../secret",
    "data/../../secret",
    "/etc/hostname",
    "..",
    "",
    "data",
    "data/../hashes.json",
    "a\0b",
    "C:\\x",
    "hashes.json",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_names_do_not_lead_out_of_their_folder(name, tmp_path, fresh_home):
    with pytest.raises(ValueError, match="name: expected one of checkpoints/"):
        files.asset(name)
    with pytest.raises(ValueError, match="name: expected one of mnist, fashion"):
        data.load(name, full=True, cache=tmp_path / "cache")
    progress.record(name, 1)
    assert progress.read() == {name: 1} and [path.name for path in fresh_home.iterdir()] == ["progress.json"]
    assert list(tmp_path.iterdir()) == []


def test_a_prediction_is_never_run(fresh_home):
    guess = predict.Prediction("x", "What is it?", ["__import__('os').system('touch /tmp/x')", "other"])
    guess.lock("__import__('os').system('touch /tmp/x')")
    assert guess.guess.startswith("__import__") and json.loads(
        (fresh_home / "progress.json").read_text()
    ) == {"prediction x": "__import__('os').system('touch /tmp/x')"}


STROKES = (
    "[[1, 2]]",
    [],
    [[]],
    [1, 2],
    [[1, 2, 3]],
    [[1, 2], [3]],
    [[1, None]],
    [["x", 2]],
    [[float("nan"), 1]],
)


@pytest.mark.parametrize("stroke", STROKES, ids=repr)
def test_strokes_that_are_none_are_refused(stroke):
    """A widget hears from a browser, and anybody may write to it there."""
    with pytest.raises(ValueError, match="^strokes: expected lists of points"):
        sketch.raster([stroke])


def test_saving_touches_its_file_alone(tmp_path):
    """A link is replaced, not followed; a name with .. goes where it says and leaves nothing else."""
    (tmp_path / "inner").mkdir()
    victim = tmp_path / "victim.txt"
    victim.write_text("precious")
    os.symlink(victim, tmp_path / "inner" / "a.safetensors")
    t = small()
    t.save(tmp_path / "inner" / "a.safetensors")
    t.save(tmp_path / "inner" / ".." / "b.safetensors")
    assert victim.read_text() == "precious" and not (tmp_path / "inner" / "a.safetensors").is_symlink()
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")} == {
        "inner",
        "victim.txt",
        "inner/a.safetensors",
        "b.safetensors",
    }


def test_a_gzip_bomb_in_the_cache_is_never_opened(tmp_path, monkeypatch, capsys):
    """A cached file is hashed as it lies before anything is unpacked."""
    monkeypatch.setattr(download, "resources", lambda name: ([], [("train-images-idx3-ubyte.gz", "0" * 32)]))
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(50_000_000)))
    assert len(data.load("mnist", full=True, cache=tmp_path)) == 10_000
    assert "no mirror is known" in capsys.readouterr().out


def test_a_loaded_checkpoint_holds_tensors_and_plain_facts_only(tmp_path):
    t = small()
    list(t.until(1))
    t.save(tmp_path / "a.safetensors")
    tensors, facts = checkpoint.load_tensors(tmp_path / "a.safetensors")
    assert all(type(value) is torch.Tensor for value in tensors.values())
    assert json.loads(json.dumps(facts)) == facts
