// Time that passes only when a test says so, with the timers that the model gets.
'use strict';

class Clock {
    constructor(start = Date.UTC(2026, 10, 22, 10, 0, 0)) {
        this.time = start;
        this.next = 1;
        this.waiting = new Map();
        this.now = () => this.time;
        this.timers = {
            set: (run, ms) => {
                const id = this.next++;
                this.waiting.set(id, {run, at: this.time + Math.max(0, ms)});
                return id;
            },
            clear: id => this.waiting.delete(id),
        };
    }

    /** Lets promises that are due go on. */
    static async settle() {
        for (let i = 0; i < 20; i++) {
            await Promise.resolve();
        }
    }

    /** Lets time pass, timer by timer. */
    async pass(ms) {
        const end = this.time + ms;
        await Clock.settle();
        for (;;) {
            const due = [...this.waiting].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
            if (!due) {
                break;
            }
            this.waiting.delete(due[0]);
            this.time = Math.max(this.time, due[1].at);
            due[1].run();
            await Clock.settle();
        }
        this.time = end;
        await Clock.settle();
    }
}

exports.Clock = Clock;
