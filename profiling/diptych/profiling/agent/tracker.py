"""From the events of one thread to steps: a pure state machine, no clock, no I/O.

Every event carries its time in ns; the time since the previous event is
charged to exactly one phase, so the phases of a step add up to it exactly.
A finished :class:`Step` or :class:`Eval` is appended to ``closed``.

* A step ends when its optimizer has stepped. With several optimizers it is
  the last one of the cycle, or the one that steps most often; the first steps
  are held back until the cycle is known.
* A script that never calls backward makes a step of each top-level forward.
* Forward calls without gradients between two steps are validation.
"""

from __future__ import annotations

from typing import List, Optional, Tuple, Union

from .pieces import BACKWARD, DATA, FORWARD, OPTIMIZER, OTHER, Eval, Step, add, merged, validation

HOLD_PLAIN = 16
"""So many forward calls without a backward make a script an inference."""
HOLD_EVAL = 64
"""The same for calls without gradients in a script that made an optimizer."""

_AFTER_FORWARD, _AFTER_BACKWARD, _AFTER_ELSE = range(3)


class Tracker:
    """Steps of one training thread. Times must not go backwards."""

    def __init__(self) -> None:
        self.closed: List[Union[Step, Eval]] = []
        self.next_n = 0
        self.learns = False
        """An optimizer was made: forward calls before the first step are validation."""
        self.newest = Step(0, 0, [0] * 5)
        """The piece that ended last."""
        self.trained = False
        """An optimizer has stepped."""
        self._inferring = False
        self._held: List[Step] = []
        """Forward calls of which it is open whether they are validation or steps."""
        self._pieces: List[Tuple[int, Step]] = []
        """Optimizer steps of which it is open which of them ends a step."""
        self._boundary: Optional[int] = None
        self._since: List[int] = []
        self._stack: List[int] = []
        self._optimizer = 0
        self._last = 0
        self._reset(0)

    def _reset(self, now: int) -> None:
        self._t0 = now
        self._acc = [0, 0, 0, 0, 0]
        self._state = _AFTER_ELSE
        self._loaded = 0
        self._micro = 0
        self._first = 0
        self._forwards = 0
        self._backwards = 0
        self._group = False
        self._override: Optional[int] = None
        self._calls = 0

    def start(self, now: int) -> None:
        """Begin the first step, or, at a boundary, begin the next one after a pause."""
        self._last = now
        if not any(self._acc):
            self._t0 = now

    # -- events ------------------------------------------------------------

    def data_begin(self, now: int) -> None:
        """Begin to wait for a batch."""
        stack = self._stack
        self._acc[stack[-1] if stack else OTHER] += now - self._last
        self._last = now
        self._calls += 1
        if not stack and not self._group:
            if self._held and not self._forwards:
                self._extend(now)
            self._group = True
        stack.append(DATA)

    def data_end(self, now: int, samples: int = 0, exhausted: bool = False) -> None:
        """End the wait: the batch is there (``samples`` 0: unknown), or none is left."""
        self._leave(now)
        self._loaded += samples
        if exhausted:
            self._group = False

    def forward_begin(self, now: int, key: int, train: bool, samples: int = 0) -> None:
        """Begin the call of a top-level model. ``key`` tells models apart."""
        stack = self._stack
        self._calls += 1
        if stack and stack[-1] != OPTIMIZER:
            phase = stack[-1]
            self._acc[phase] += now - self._last
            stack.append(phase)  # recomputation in a backward is backward
        else:
            base = stack[-1] if stack else OTHER
            gap = FORWARD if self._state == _AFTER_FORWARD else base
            self._acc[gap] += now - self._last
            if train and self.trained and self._held:
                self._resolve(key)
            if not self._first:
                self._first = samples
            self._forwards += 1
            stack.append(FORWARD)
        self._last = now

    def forward_end(self, now: int, key: int, train: bool, after: int = 0) -> bool:
        """End the call; returns whether something was closed.

        ``after`` is when the fence ended, in fenced mode.
        """
        self._leave(now)
        self._state = _AFTER_FORWARD
        if self._stack or self._backwards:
            return False
        if self.trained and (train or self._forwards > 1):
            return False
        return self._hold(now, key, train, after)

    def backward_begin(self, now: int) -> bool:
        """Begin a backward; returns whether it is not part of another one."""
        stack = self._stack
        self._calls += 1
        base = stack[-1] if stack else OTHER
        if base in (OTHER, OPTIMIZER):
            if self._held:
                self._resolve(None)
            fresh = self._state == _AFTER_ELSE and not self._forwards
            gap = FORWARD if fresh or self._state == _AFTER_FORWARD else base
        else:
            gap = base
        self._acc[gap] += now - self._last
        self._last = now
        outermost = BACKWARD not in stack
        stack.append(BACKWARD)
        return outermost

    def backward_end(self, now: int) -> None:
        """End a backward."""
        self._leave(now)
        if BACKWARD in self._stack:
            return
        self._state = _AFTER_BACKWARD
        self._backwards += 1
        self._group = False
        # An optimizer that calls the model many times (LBFGS) sees one batch.
        if OPTIMIZER not in self._stack or not self._micro:
            self._micro += self._first
        self._first = 0

    def optimizer_begin(self, now: int, key: int) -> None:
        """Begin to change the parameters; an inner one of a nest is ignored."""
        self._calls += 1
        stack = self._stack
        if OPTIMIZER in stack:
            if key != self._optimizer:
                return
            del stack[stack.index(OPTIMIZER) :]  # its previous call raised
        if self._held:
            self._resolve(None)
        self._acc[stack[-1] if stack else OTHER] += now - self._last
        self._last = now
        self._optimizer = key
        stack.append(OPTIMIZER)

    def closes(self, key: int) -> bool:
        """Return whether ``optimizer_end`` of ``key`` ends a step, or may turn out to."""
        if key != self._optimizer:
            return False
        return self._boundary is None or key == self._boundary or key in self._since

    def steady(self) -> Optional[int]:
        """Return the optimizer that ends steps, where it is known and nothing is open."""
        return self._boundary if self.trained and not self._stack else None

    @property
    def since(self) -> List[int]:
        """The optimizers that have stepped since the last step ended."""
        return list(self._since)

    def ends_forward(self) -> bool:
        """Return whether the coming ``forward_end`` may end a step of inference."""
        return not (self.trained or self._backwards) and len(self._stack) == 1

    def usual_end(self, now: int, key: int, samples: Optional[int] = None) -> Optional[Step]:
        """Do what :meth:`optimizer_end` does, where it ends a step as most steps end.

        Returns the step, which is not in ``closed``; ``None``: nothing was done.
        """
        if key != self._boundary or key != self._optimizer or len(self._stack) != 1:
            return None
        acc = self._acc
        acc[OPTIMIZER] += now - self._last
        self._stack.clear()
        self._optimizer = 0
        self._since.clear()
        self.newest = step = Step(self._t0, now, acc)
        step.n = self.next_n
        self.next_n += 1
        step.calls = self._calls
        told = self._override if samples is None else samples
        step.samples = (self._loaded or self._micro or None) if told is None else told
        self._last = now
        self._reset(now)
        return step

    def optimizer_end(
        self, now: int, key: int, samples: Optional[int] = None, after: int = 0
    ) -> bool:
        """End the change of the parameters; returns whether something was closed.

        ``samples`` is the size of the batch where the optimizer was told.
        ``after`` is when the fence ended, in fenced mode.
        """
        stack = self._stack
        if key != self._optimizer or OPTIMIZER not in stack:
            return False
        self._acc[stack[-1]] += now - self._last
        del stack[stack.index(OPTIMIZER) :]
        self._last = now
        self._optimizer = 0
        self._state = _AFTER_ELSE
        self.trained = True
        if samples is not None:
            self._override = samples
        if self._boundary is None:
            return self._learn(key, self._cut(now, after))
        if key == self._boundary or key in self._since:
            self._boundary = key
            self._since.clear()
            self._emit(self._cut(now, after))
            return True
        self._since.append(key)
        self._micro = 0
        return False

    def optimizer_failed(self, now: int, key: int) -> None:
        """End an optimizer call that raised: it was no step."""
        if key == self._optimizer and OPTIMIZER in self._stack:
            self._acc[self._stack[-1]] += now - self._last
            self._last = now
            del self._stack[self._stack.index(OPTIMIZER) :]
            self._optimizer = 0

    def finish(self) -> bool:
        """Let go of everything that was held back: the run is over."""
        self._stack.clear()
        before = len(self.closed)
        self._decide()
        if self._held:
            if self.trained:
                self.closed.append(validation(self._held))
            else:
                self._release()
            self._held = []
        return len(self.closed) > before

    # -- inside ------------------------------------------------------------

    def _leave(self, now: int) -> None:
        """End the innermost scope; scopes left open by an exception go with it."""
        stack = self._stack
        if stack:
            self._acc[stack.pop()] += now - self._last
            self._last = now

    def _cut(self, now: int, after: int = 0) -> Step:
        """End the current piece at ``now``; the next begins there (or ``after`` the fence)."""
        piece = Step(self._t0, now, self._acc)
        piece.loaded = self._loaded
        piece.micro = self._micro
        piece.first = self._first
        piece.data = self._group
        piece.samples = self._override
        piece.calls = self._calls
        if after > now:
            piece.fence = after - now
            piece.phases[OTHER] += after - now
            now = after
        self._last = now
        self._reset(now)
        self.newest = piece
        return piece

    def _emit(self, step: Step) -> None:
        step.n = self.next_n
        self.next_n += 1
        if step.samples is None:
            step.samples = step.loaded or (step.first if step.infer else step.micro) or None
        self.closed.append(step)

    def _learn(self, key: int, piece: Step) -> bool:
        """Find out which optimizer ends a step, from the first that comes again."""
        keys = [known for known, _ in self._pieces]
        if key not in keys:
            self._pieces.append((key, piece))
            return False
        # First one again: the cycle is complete. Another one: it steps more often.
        last = len(keys) - 1 if keys[0] == key else keys.index(key)
        self._boundary = keys[last]
        pieces = [held for _, held in self._pieces]
        self._pieces = []
        self._emit(merged(pieces[: last + 1]))
        rest = [*pieces[last + 1 :], piece]
        if key == self._boundary:
            self._emit(merged(rest))
        else:
            self._since = [*keys[last + 1 :], key]
            self._put_back(rest)
        return True

    def _decide(self) -> None:
        """Take the optimizers seen so far for the cycle: an iteration is over."""
        if self._pieces:
            self._boundary = self._pieces[-1][0]
            self._emit(merged([piece for _, piece in self._pieces]))
            self._pieces = []

    def _put_back(self, pieces: List[Step]) -> None:
        """Make finished pieces part of the current one again (they come right before it)."""
        for piece in pieces:
            add(self._acc, piece.phases)
            self._loaded += piece.loaded
            self._calls += piece.calls
        self._t0 = pieces[0].t0

    def _hold(self, now: int, key: int, train: bool, after: int) -> bool:
        piece = self._cut(now, after)
        piece.key = key
        piece.train = train
        piece.infer = True
        self._state = _AFTER_FORWARD
        self._held.append(piece)
        if self.trained:
            return False
        limit = HOLD_PLAIN if train else HOLD_EVAL if self.learns else 0
        alike = sum(1 for held in self._held if held.train == train)
        if alike <= limit and not self._inferring:
            return False
        self._inferring = True
        self._release()
        return True

    def _release(self) -> None:
        for piece in self._held:
            self._emit(piece)
        self._held = []

    def _extend(self, now: int) -> None:
        """Time between a forward call and the next batch belongs to the former."""
        piece = self._held[-1]
        add(piece.phases, self._acc)
        piece.calls += self._calls
        piece.end = now
        self._reset(now)

    def _resolve(self, key: Optional[int]) -> None:
        """Training goes on: split what is held into validation and this step.

        Calls since the newest batch belong to the step (a teacher, say), calls
        before it are validation. ``key`` is the model that is about to train:
        its own calls without gradients are validation too.
        """
        held = self._held
        self._held = []
        cut = len(held) if self._group else self._first_of_step(held, key)
        if cut:
            self._decide()
            self.closed.append(validation(held[:cut]))
        if held[cut:]:
            self._take_back(held[cut:])

    @staticmethod
    def _first_of_step(held: List[Step], key: Optional[int]) -> int:
        cut = len(held)
        plain = 0
        while cut:
            piece = held[cut - 1]
            plain += not piece.train
            if not piece.train and (piece.key == key or (key is None and plain > 1)):
                break
            cut -= 1
            if piece.data:
                break
        return cut

    def _take_back(self, pieces: List[Step]) -> None:
        first = next((piece.first for piece in pieces if piece.first), 0)
        self._put_back(pieces)
        self._first = self._first or first
        self._forwards += len(pieces)
        self._group = self._group or pieces[0].data
        if self._state == _AFTER_ELSE:
            self._state = _AFTER_FORWARD
