/* app.logger: levels of the console, cut off at the configured level. */
(function(app) {
    const levels = ['debug', 'info', 'warn', 'error'];
    const least = Math.max(0, levels.indexOf(String(app.config.logLevel).toLowerCase()));

    app.logger = {};
    levels.forEach(function(level, index) {
        app.logger[level] = function(message) {
            if (index >= least) {
                console[level](message);
            }
        };
    });
})(SUGAR.App);
