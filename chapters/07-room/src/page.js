// ANCHOR: connect
// The page of the room: what is said goes to the socket, and what comes from it into the list.
'use strict';

const [state, log] = ['state', 'log'].map((id) => document.getElementById(id));
const [name, say] = ['name', 'say'].map((id) => document.getElementById(id));
const LINES = 500;
let socket;
let wait = 1;
let known = '';

function connect() {
  // http: becomes ws:, and https:, from chapter 17 on, becomes wss:.
  socket = new WebSocket(`${location.origin.replace('http', 'ws')}/chat`);
  socket.onopen = () => {
    wait = 1;
    show('handshake successful', true);
    if (known) socket.send(`/name ${known}`);
  };
  socket.onmessage = ({ data }) => add(data);
  // A browser does not tell a page why a connection failed, so neither do we.
  socket.onclose = ({ code }) => {
    // All pages lose a server in the same moment, and shall not all come back in the same second.
    const delay = wait === 1 ? Math.random() * 5 : wait;
    show(`error: the connection is closed (${code}), trying again in ${delay.toFixed(1)} s`, false);
    setTimeout(connect, delay * 1000);
    wait = Math.min(wait * 2, 30);
  };
}
// ANCHOR_END: connect

// ANCHOR: add
// A message is text, whatever it says: textContent never makes an element of it.
function add(text) {
  const line = document.createElement('li');
  line.textContent = text;
  line.className = text.startsWith('* ') ? 'news' : '';
  log.append(line);
  if (log.childElementCount > LINES) log.firstElementChild.remove();
  line.scrollIntoView({ block: 'nearest' });
}
// ANCHOR_END: add

// ANCHOR: say
function show(text, open) {
  state.textContent = text;
  document.querySelectorAll('button').forEach((button) => (button.disabled = !open));
}

// What is typed stays in its field until it can be sent.
function onSubmit(form, send) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const field = form.querySelector('input');
    if (field.value && socket.readyState === WebSocket.OPEN) send(field);
  });
}

onSubmit(name, (field) => {
  known = field.value;
  socket.send(`/name ${known}`);
});
onSubmit(say, (field) => {
  socket.send(field.value);
  field.value = '';
});
connect();
// ANCHOR_END: say
