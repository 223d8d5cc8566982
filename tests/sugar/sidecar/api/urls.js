/* app.api: addresses of REST calls and of files. */
(function(app) {
    const CRUD = ['create', 'read', 'update', 'delete'];

    function withParams(url, params) {
        const given = _.pick(params || {}, value => value !== null && value !== undefined);
        return _.isEmpty(given) ? url : url + '?' + $.param(given);
    }

    Object.assign(app.api, {
        buildURL(module, action, attributes, params) {
            const own = attributes || {};
            const parts = [this.serverUrl, module];
            if (own.id && (action !== 'create' || own.link)) {
                parts.push(encodeURIComponent(own.id));
            }
            if (own.link) {
                parts.push('link', _.isString(own.link) ? own.link : own.link.name);
            }
            if (action && !CRUD.includes(action)) {
                parts.push(action);
            }
            if (own.relatedId) {
                parts.push(encodeURIComponent(own.relatedId));
            }
            return withParams(parts.join('/'), params);
        },

        buildFileURL(file, options) {
            const chosen = Object.assign({htmlJsonFormat: true}, options);
            const url = _.compact([this.serverUrl, file.module, file.id, 'file', file.field, file.fileId]).join('/');
            return withParams(url, {
                format: chosen.htmlJsonFormat ? 'sugar-html-json' : null,
                platform: chosen.platform || null,
                force_download: chosen.forceDownload ? 1 : 0,
                keep: chosen.keep ? 1 : null,
                v: chosen.cleanCache ? Date.now() : null,
                download_token: chosen.passDownloadToken ? this.getDownloadToken() : null,
            });
        },
    });
})(SUGAR.App);
