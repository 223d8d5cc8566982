'use strict';
// A socket.io relay. Usage: server.js PORT [DATABASE]. With a database it stores every message first,
// one transaction with an fsync each (SQLite, WAL, synchronous FULL), and then tells the receivers.
const { Server } = require('socket.io');

const [port, path] = process.argv.slice(2);
let insert = () => {};
if (path) {
  const database = require('better-sqlite3')(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(`CREATE TABLE message (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, sender TEXT NOT NULL,
    receiver TEXT NOT NULL, body TEXT NOT NULL); CREATE INDEX message_receiver ON message (receiver, id)`);
  const statement = database.prepare('INSERT INTO message (at, sender, receiver, body) VALUES (?, ?, ?, ?)');
  insert = (sender, receiver, body) => statement.run(Date.now(), sender, receiver, body);
}

const http = require('http').createServer((request, response) => response.end('ok'));
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });
io.use((socket, next) => {
  socket.data.user = socket.handshake.auth && socket.handshake.auth.token;
  next(socket.data.user ? undefined : new Error('no token'));
});
io.on('connection', (socket) => {
  const relay = (receiver, text) => {
    insert(socket.data.user, receiver, text);
    io.to(receiver).emit('message', { from: socket.data.user, text });
  };
  socket.join(`user:${socket.data.user}`);
  socket.on('join', (channel) => {
    socket.join(`channel:${channel}`);
    socket.emit('joined', channel);
  });
  socket.on('direct', (message) => relay(`user:${message.to}`, message.text));
  socket.on('publish', (message) => relay(`channel:${message.channel}`, message.text));
});
http.listen(Number(port), '127.0.0.1', 4096);
