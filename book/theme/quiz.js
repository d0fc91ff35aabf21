// The quizzes work without a script: an answer opens, and explains itself. This says aloud whether it is right, counts, and
// remembers the first answers.
'use strict';

(() => {
  const quizzes = [...document.querySelectorAll('.quiz')];
  if (quizzes.length === 0) return;

  const first = new Map(); // the answer of each question that was opened first
  const score = element('p', { class: 'quiz-score', role: 'status' });
  quizzes.at(-1).after(score);

  const restored = new Set(); // answers that open by themselves, about which nothing is said

  const textOf = (answer) => answer.querySelector('summary').textContent;

  // The answers are tied to their question, and what was said of the last one is beside them.
  function tie(quiz, i) {
    const question = quiz.querySelector(':scope > p');
    question.id ||= `question-${i + 1}`;
    quiz.setAttribute('role', 'group');
    quiz.setAttribute('aria-labelledby', question.id);
    const verdict = element('p', { class: 'quiz-verdict unseen', role: 'status' });
    quiz.append(verdict);
    quiz.querySelectorAll('details').forEach((answer) =>
      answer.addEventListener('toggle', () => {
        say(verdict, answer);
        count(quiz, answer);
      }),
    );
  }

  // At every try: the mark beside an answer is for those who see it.
  function say(verdict, answer) {
    if (restored.delete(answer)) return;
    const judged = answer.matches('.correct') ? 'Right' : 'Not right';
    verdict.textContent = answer.open ? `${judged}: ${textOf(answer)}` : '';
  }

  function count(quiz, answer) {
    if (!answer.open || first.has(quiz)) return;
    first.set(quiz, answer);
    if (chapters.length > 0) memory.answer(pageName, quizzes.indexOf(quiz), textOf(answer));
    show();
  }

  function show() {
    const right = [...first.values()].filter(({ classList }) => classList.contains('correct')).length;
    score.textContent = first.size === 0 ? '' : `${right} of ${first.size} right at the first try`;
  }

  // What was answered in an earlier visit is open again. A question that has changed since is asked anew.
  function restore() {
    for (const [question, text] of Object.entries(memory.answers(pageName))) {
      const quiz = quizzes[question];
      const answer = quiz && [...quiz.querySelectorAll('details')].find((answer) => textOf(answer) === text);
      if (!answer || first.has(quiz)) continue;
      first.set(quiz, answer);
      restored.add(answer);
      answer.open = true;
    }
    show();
  }

  function forget() {
    if (!memory.isEmpty()) return;
    first.forEach((answer, quiz) => quiz.querySelectorAll('details').forEach((other) => (other.open = false)));
    first.clear();
    show();
  }

  if (chapters.length > 0) restore();
  memory.onChange(forget);
  quizzes.forEach(tie);
})();
