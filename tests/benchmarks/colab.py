"""Every notebook with the packages of another environment, such as Colab's: what fails there?

    python3 -m venv colab
    colab/bin/pip install torch==2.11.* torchvision==0.26.* numpy==2.1.* matplotlib==3.10.* traitlets==5.7.1
    colab/bin/pip install scipy sympy pillow safetensors tqdm psutil ipykernel==6.17.1 jupyter_client==7.4.9
    colab/bin/pip install -r tests/course/colab.txt
    python tests/benchmarks/colab.py colab/bin/python 01 08

runs all cells, also those below one that fails; without numbers it takes all notebooks, some minutes. A loop
of the Trainer ends after 40 steps and any cell but the set-up after 25 seconds, so claims about trainings are
left out. Every error is printed, also one inside a widget, and also those of a training that is so short: a
KeyboardInterrupt, a step that is never reached.
"""

import json
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
STEPS, SECONDS = 40, 25
SHORT = f"""
import ast as _ast
from ganlib.trainer import Trainer as _Trainer

class _NoClaims(_ast.NodeTransformer):
    def visit_Assert(self, node):
        return _ast.copy_location(_ast.Pass(), node)

get_ipython().ast_transformers.append(_NoClaims())
_until = _Trainer.until
_Trainer.until = lambda self, total, every=100: _until(self, min(total, {STEPS}), min(every, 20))
"""


def kernel_of(python: str, folder: str) -> KernelSpecManager:
    """Kernels of that Python, described in a folder of ours."""
    spec = {"argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Colab",
            "language": "python", "env": {"GANLIB_HOME": folder, "PYTHONPATH": str(ROOT)}}  # fmt: skip
    (Path(folder) / "colab").mkdir()
    (Path(folder) / "colab" / "kernel.json").write_text(json.dumps(spec))
    return KernelSpecManager(kernel_dirs=[folder], ensure_native_kernel=False)


def errors_in(book: nbformat.NotebookNode) -> list[tuple[str, str, str]]:
    """(where, kind, words) of every error in the cells' outputs and in the widgets' own."""
    found = [(f"cell {number}", cell.get("outputs", [])) for number, cell in enumerate(book.cells)]
    models = book.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    found += [("a widget", m["state"].get("outputs", [])) for m in models.get("state", {}).values()]
    return [
        (where, output["ename"], output["evalue"])
        for where, outputs in found
        for output in outputs
        if output["output_type"] == "error"
    ]


def try_notebook(path: Path, manager) -> list[tuple[str, str, str]]:
    """Run a notebook's cells -> its errors."""
    book = nbformat.read(path, 4)
    first = next(cell for cell in book.cells if cell.cell_type == "code")
    first.source += SHORT
    client = NotebookClient(
        book, timeout_func=lambda cell: 300 if cell is first else SECONDS,
        interrupt_on_timeout=True, allow_errors=True, kernel_name="colab",
        resources={"metadata": {"path": str(path.parent)}},
    )  # fmt: skip
    client.km = client.kernel_manager_class(kernel_name="colab", kernel_spec_manager=manager)
    client.execute()
    return errors_in(book)


def main() -> None:
    python, *prefixes = sys.argv[1:]
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        if prefixes and not path.name.startswith(tuple(prefixes)):
            continue
        with tempfile.TemporaryDirectory() as folder:
            errors = try_notebook(path, kernel_of(python, folder))
        print(f"{path.name}: {len(errors)} errors", flush=True)
        for where, kind, words in errors:
            print(f"    {where}: {kind}: {words[:200]}", flush=True)


if __name__ == "__main__":
    main()
