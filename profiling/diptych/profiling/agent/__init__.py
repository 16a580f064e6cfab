"""The agent: watches a training from inside its own process.

Standard library only, Python 3.8+. In a worker this package is loaded by file
location under the name ``_diptych_agent`` (see ``boot.py``) and is never on
``sys.path``; inside it only relative imports are allowed. Whatever fails in
here must leave the training untouched and become a ``warning`` record.

``boot`` starts a script, ``script`` runs it as Python would, ``imports`` waits
for torch and mxnet, ``<framework>_hooks`` turn calls into events of a
``probe``, ``tracker`` turns events into steps, ``session`` ties these to the
``journal`` and to the profile ``windows``.
"""
