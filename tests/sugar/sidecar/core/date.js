/* app.date: a moment with Sugar's formats. The user's formats are PHP's, so they are translated. */
(function(app) {
    const PHP = {d: 'DD', j: 'D', m: 'MM', n: 'M', Y: 'YYYY', y: 'YY', h: 'hh', g: 'h', H: 'HH', G: 'H', i: 'mm', s: 'ss', a: 'a', A: 'A'};
    const translate = format => format.split('').map(letter => PHP[letter] || letter).join('');

    const more = {
        formatUser(dateOnly) {
            const date = translate(app.user.getPreference('datepref') || 'Y-m-d');
            const time = translate(app.user.getPreference('timepref') || 'H:i');
            return this.format(dateOnly ? date : date + ' ' + time);
        },
        formatServer(dateOnly) {
            return dateOnly ? this.format('YYYY-MM-DD') : this.format();
        },
    };

    app.date = function() {
        return Object.assign(moment.apply(null, arguments), more);
    };
    app.date.format = (date, format) => moment(date).format(translate(format));
})(SUGAR.App);
