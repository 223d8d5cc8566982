/* The login page. It is part of the runtime, since components come only after the login. */
(function(app) {
    const template = Handlebars.compile(
        '<form class="login-form" autocomplete="on">'
        + '<h1>{{product}}</h1>'
        + '<p class="login-message" role="alert">{{message}}</p>'
        + '<label>{{str "LBL_LOGIN_USERNAME"}}<input type="text" name="username" autocomplete="username" required autofocus></label>'
        + '<label>{{str "LBL_LOGIN_PASSWORD"}}<input type="password" name="password" autocomplete="current-password" required></label>'
        + '<button type="submit" class="btn btn-primary" name="login_button">{{str "LBL_LOGIN_BUTTON"}}</button>'
        + '</form>'
    );

    app.standin.LoginView = app.view.View.extend({
        className: 'login',
        events: {'submit form': 'logIn'},

        initialize(options) {
            app.view.View.prototype.initialize.call(this, options);
            this.template = template;
            this.product = app.lang.get('LBL_PRODUCT');
            this.message = options.message || '';
        },

        logIn(evt) {
            evt.preventDefault();
            this.$('button').prop('disabled', true);
            app.standin.session.logIn({
                username: this.$('[name=username]').val().trim(),
                password: this.$('[name=password]').val(),
            }, error => this.refuse(error));
        },
        refuse(error) {
            if (!this.disposed) {
                this.$('button').prop('disabled', false);
                this.$('.login-message').text(error.message || app.lang.get('ERR_HTTP_OFFLINE'));
            }
        },
    });
})(SUGAR.App);
