/* app.error: what happens to a failed request that nobody else handles. */
(function(app) {
    const byStatus = {
        0: error => show(error.textStatus === 'timeout' ? 'ERR_HTTP_TIMEOUT' : 'ERR_HTTP_OFFLINE'),
        401: () => app.standin.session.lost(),
        403: () => show('ERR_HTTP_403'),
        404: () => show('ERR_HTTP_404'),
        409: () => show('ERR_HTTP_409'),
        412: () => app.standin.session.sync(() => app.router.refresh()),
        503: () => show('ERR_HTTP_503'),
    };

    app.error = {
        handleHttpError(error) {
            (byStatus[error.status] || (() => show('ERR_HTTP_DEFAULT')))(error);
        },
    };
    app.api.defaultErrorHandler = error => app.error.handleHttpError(error);

    function show(message) {
        app.alert.show('http_error', {level: 'error', messages: message, autoClose: true});
    }
})(SUGAR.App);
