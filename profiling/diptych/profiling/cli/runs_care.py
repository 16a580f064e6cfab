"""``diptych runs rename|note|tag|delete|restore|trash``: what a person does with a run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from diptych.profiling.cli.errors import CliError

if TYPE_CHECKING:
    from diptych.profiling.runs.notes import RunNotes
    from diptych.profiling.runs.store import RunEntry
    from diptych.profiling.runs.trash import Trash, Trashed

ACTIONS = ("rename", "note", "tag", "delete", "restore", "trash")
_RUN = "id, its start or end, name, or directory"


def add_parsers(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add these actions to those of ``diptych runs``."""
    rename = actions.add_parser("rename", help="call a run something else")
    rename.add_argument("name", metavar="RUN", help=_RUN)
    rename.add_argument("title", metavar="NAME", help="'' takes the name away again")
    note = actions.add_parser("note", help="keep a note with a run, or show it")
    note.add_argument("name", metavar="RUN", help=_RUN)
    note.add_argument(
        "text", metavar="TEXT", nargs="?", help="- reads it from stdin, '' takes it away"
    )
    tag = actions.add_parser("tag", help="add and remove tags, or show them")
    tag.add_argument("name", metavar="RUN", help=_RUN)
    tag.add_argument(
        "tags", metavar="+TAG|-TAG", nargs=argparse.REMAINDER, help="+a adds a, -b removes b"
    )
    delete = actions.add_parser("delete", help="move runs to the trash")
    delete.add_argument("names", metavar="RUN", nargs="+", help=_RUN)
    restore = actions.add_parser("restore", help="put a run back out of the trash")
    restore.add_argument("name", metavar="RUN", help="id, its start or end, or name")
    trash = actions.add_parser("trash", help="show what is in the trash, or empty it")
    trash.add_argument("--empty", action="store_true", help="remove all of it, for good")
    for parser in (rename, note, tag, delete, restore, trash):
        parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Carry out one action; returns the exit status."""
    from diptych.profiling.runs.files import RunError

    acts: dict[str, Callable[[argparse.Namespace], int]] = {
        "rename": _rename,
        "note": _note,
        "tag": _tag,
        "delete": _delete,
        "restore": _restore,
        "trash": _trash,
    }
    try:
        return acts[args.action](args)
    except RunError as error:
        raise CliError(str(error)) from None


def _rename(args: argparse.Namespace) -> int:
    from diptych.profiling.cli.runs_text import short

    entry = _edit(_find(args.name), lambda notes: notes.renamed(args.title))
    _say(args, entry, f"{entry.directory.name}: {short(entry.name or 'has no name')}")
    return 0


def _note(args: argparse.Namespace) -> int:
    from diptych.profiling.cli.runs_text import plain_lines
    from diptych.profiling.runs.notes import read_notes

    if args.text is None:
        entry = _find(args.name)
        _say(args, entry, plain_lines(read_notes(entry.directory).note))
        return 0
    text = _from_stdin() if args.text == "-" else args.text
    entry = _edit(_find(args.name), lambda notes: notes.noted(text))
    _say(args, entry, f"{entry.directory.name}: {'note kept' if entry.note else 'no note'}")
    return 0


def _tag(args: argparse.Namespace) -> int:
    from diptych.profiling.cli.runs_text import tag_words

    # Everything behind RUN came here as it is, because -b looks like an option.
    words = [word for word in args.tags if word not in ("--json", "--")]
    args.json = args.json or "--json" in args.tags
    wrong = [word for word in words if word[:1] not in ("+", "-")]
    if wrong:
        raise CliError(f"{wrong[0]!r}: +{wrong[0]} adds a tag, -{wrong[0]} removes it", 2)
    add = [word[1:] for word in words if word[0] == "+"]
    remove = [word[1:] for word in words if word[0] == "-"]
    entry = _find(args.name)
    if words:
        entry = _edit(entry, lambda notes: notes.tagged(add, remove))
    _say(args, entry, f"{entry.directory.name}: {tag_words(entry.tags) or 'no tags'}")
    return 0


def _delete(args: argparse.Namespace) -> int:
    from diptych.profiling.runner.locks import is_live

    # All are looked for before the first is moved.
    entries = {entry.directory: entry for entry in map(_find, args.names)}
    for directory in entries:
        if is_live(directory):
            name = directory.name
            raise CliError(f"run {name} is live: `diptych stop {name}` first")
    trash = _open_trash()
    moved = [trash.move(directory) for directory in entries]
    if args.json:
        _print_json([_object(trashed) for trashed in moved])
        return 0
    for trashed in moved:
        print(f"{trashed.directory.name}: in the trash; `diptych runs restore` puts it back")
    return 0


def _restore(args: argparse.Namespace) -> int:
    trash = _open_trash()
    trashed = trash.find(args.name)
    directory = trash.restore(trashed.directory)
    if args.json:
        _print_json({"id": trashed.entry.id, "dir": str(directory)})
    else:
        print(directory)
    return 0


def _trash(args: argparse.Namespace) -> int:
    trash = _open_trash()
    if args.empty:
        return _empty(args, trash)
    from diptych.profiling.cli.runs_text import trash_listing
    from diptych.profiling.runs.trash import KEEP_DAYS

    found = trash.list()
    if args.json:
        _print_json([_object(trashed) for trashed in found])
    elif found:
        print(trash_listing(found))
        print(f"`diptych runs trash --empty` removes them; {KEEP_DAYS} days do so too")
    else:
        print("the trash is empty", file=sys.stderr)
    return 0


def _empty(args: argparse.Namespace, trash: Trash) -> int:
    from diptych.profiling.report.figures import size

    removed = trash.remove()
    if args.json:
        problems = list(removed.problems)
        _print_json({"removed": removed.count, "bytes": removed.size, "problems": problems})
    else:
        runs = "run" if removed.count == 1 else "runs"
        print(f"{removed.count:,} {runs} removed, {size(removed.size)} free")
    if removed.problems:
        raise CliError(f"{removed.problems[0]} ({len(removed.problems)} in all)")
    return 0


def _edit(entry: RunEntry, change: Callable[[RunNotes], RunNotes]) -> RunEntry:
    from diptych.profiling.runs.notes import edit_notes
    from diptych.profiling.runs.store import read_entry

    edit_notes(entry.directory, change)
    return read_entry(entry.directory)


def _find(name: str) -> RunEntry:
    from diptych.profiling.cli.runs_text import open_store

    return open_store().find(name, damaged=True)


def _open_trash() -> Trash:
    from diptych.profiling.runner.home import home
    from diptych.profiling.runs.trash import Trash

    return Trash(home())


def _from_stdin() -> str:
    from diptych.profiling.runs.notes import LONGEST_NOTE

    # One more, so that a note that is too long is refused and not cut.
    data = sys.stdin.buffer.read(4 * (LONGEST_NOTE + 1))
    return data.decode("utf-8", "replace")


def _say(args: argparse.Namespace, entry: RunEntry, text: str) -> None:
    from diptych.profiling.cli.runs_text import entry_object

    if args.json:
        _print_json(entry_object(entry))
    elif text:
        print(text)


def _object(trashed: Trashed) -> dict[str, Any]:
    from diptych.profiling.cli.runs_text import stamp
    from diptych.profiling.runs.trash import folder_size

    return {
        "id": trashed.entry.id,
        "folder": trashed.key,
        "name": trashed.entry.name,
        "dir": str(trashed.directory),
        "from": str(trashed.origin) if trashed.origin else None,
        "deleted": stamp(trashed.moved),
        "bytes": folder_size(trashed.directory),
    }


def _print_json(data: dict[str, Any] | Sequence[dict[str, Any]]) -> None:
    from diptych.profiling.cli.runs_text import as_json

    print(as_json(data))
