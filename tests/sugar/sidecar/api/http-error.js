/* What an `error` callback of app.api receives. */
(function(app) {
    app.standin.HttpError = class HttpError {
        constructor(request, xhr, textStatus, errorThrown) {
            this.request = request;
            this.xhr = xhr;
            this.status = xhr.status;
            this.responseText = xhr.responseText;
            this.textStatus = textStatus;
            this.errorThrown = errorThrown;
            this.payload = {};
            try {
                this.payload = JSON.parse(xhr.responseText) || {};
            } catch (notJson) {
                // A proxy or a broken server answered: there is no code then.
            }
            this.code = this.payload.error;
            this.message = this.payload.error_message;
        }
    };
})(SUGAR.App);
