// Programs that a test starts, and ends by their id.

import { execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program in the background; all it prints goes to a file. */
export class Program {
  #child;
  #ended;
  #lines = [];
  #waiting = [];

  constructor(command, args, logFile) {
    const log = createWriteStream(logFile, { flags: 'a' });
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', resolve);
      this.#child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`));
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        log.write(`${line}\n`);
        this.#lines.push(line);
        this.#waiting = this.#waiting.filter((look) => !look(line));
      });
    }
  }

  /** The first match of a pattern in what it prints; what it printed already counts too. */
  async line(pattern) {
    for (const line of this.#lines) {
      const match = line.match(pattern);
      if (match) return match;
    }
    const printed = new Promise((resolve) => {
      this.#waiting.push((line) => {
        const match = line.match(pattern);
        if (match) resolve(match);
        return match !== null;
      });
    });
    const failed = this.#ended.then((how) => {
      throw new Error(`${this.#child.spawnargs[0]}: ${how}\n${this.#lines.slice(-20).join('\n')}`);
    });
    return Promise.race([printed, failed]);
  }

  /** Ends it and waits until it is gone. */
  async stop(signal = 'SIGTERM') {
    this.#child.kill(signal);
    await this.#ended;
  }
}

/** Runs a program to its end and returns what it printed. */
export async function output(command, args) {
  return (await run(command, args)).stdout;
}

/** Ports that nobody uses now, all different. */
export async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    // Below the range that the system gives to outgoing connections: one of those could take the port before its server starts.
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
