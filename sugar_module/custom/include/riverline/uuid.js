/*
 * Message ids: UUIDv7, made here so that a text sent twice is one message. Ids of one tab always rise, also within a
 * millisecond and when the clock is set back, because they give the order of messages with the same time.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    function hex(number, digits) {
        var text = Math.floor(number).toString(16);
        while (text.length < digits) {
            text = '0' + text;
        }
        return text;
    }

    /**
     * @param {Function} now milliseconds since 1970
     * @param {Function} randomBytes (n) -> n random bytes
     * @return {Function} makes the next id
     */
    riverline.uuid7 = function(now, randomBytes) {
        var time = 0;
        var count = 0;
        return function() {
            var bytes = randomBytes(8);
            var at = now();
            if (at > time) {
                time = at;
                count = (bytes[0] << 3) | (bytes[1] & 7);
            } else if (count === 0xfff) {
                time += 1;
                count = 0;
            } else {
                count += 1;
            }
            var moment = hex(time, 12);
            var tail = '';
            for (var i = 2; i < 8; i++) {
                tail += hex(bytes[i], 2);
            }
            var variant = hex(0x8000 | ((bytes[0] & 0x3f) << 8) | bytes[1], 4);
            return [moment.slice(0, 8), moment.slice(8), '7' + hex(count, 3), variant, tail].join('-');
        };
    };
})(SUGAR.App);
