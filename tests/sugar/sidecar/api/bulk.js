/* app.api: several calls in one request, on demand or because one address is too long for a GET. */
(function(app) {
    let queues = {};

    app.standin.bulk = {
        add(request) {
            const id = request.options.bulk;
            if (!id) {
                send([request]);
            } else {
                queues[id] = (queues[id] || []).concat([request]);
            }
            return request;
        },
    };

    Object.assign(app.api, {
        triggerBulkCall(id) {
            const queue = queues[id] || [];
            delete queues[id];
            if (queue.length) {
                send(queue);
            }
        },
        clearBulkQueue() {
            queues = {};
        },
        bulk(data, callbacks, options) {
            return this.call('create', this.buildURL('bulk'), data, callbacks, options);
        },
    });

    function send(requests) {
        const withoutRest = app.api.serverUrl.replace(/[^/]*$/, '');
        const parts = requests.map(request => ({
            url: request.url.replace(withoutRest, ''), method: request.params.type, data: request.params.data,
        }));
        app.api.bulk({requests: parts}, {
            success: answers => answers.forEach((answer, at) => settle(requests[at], answer)),
            error: error => requests.forEach(function(request) {
                request.fail(error);
                request.complete();
            }),
        });
    }

    function settle(request, answer) {
        if (answer.status >= 200 && answer.status < 300) {
            request.succeed(answer.contents);
        } else {
            const xhr = {status: answer.status, responseText: JSON.stringify(answer.contents)};
            request.failed(new app.standin.HttpError(request, xhr, 'error', answer.status_text));
        }
    }
})(SUGAR.App);
