/*
 * The rows of a window's log, top to bottom: days, messages, and what is still on its way from here.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var TOGETHER = 60000;

    /**
     * @param {Object} desk a riverline.Desk
     * @param {Object} texts a riverline.Texts
     * @param {Object} item a window
     * @return {Array} {key, day} or {key, id, own, text, state, meta, failed, joined, retry: the word for doing it again,
     *     later: the word for doing it when that is allowed, cancel: the word for calling it off, pictures: [{id, alt, title,
     *     words, show and again: the words for what the user may do about it}]}
     */
    riverline.lines = function(desk, texts, item) {
        var entry = desk.contents.entry(item);
        var rows = [];
        var day = '';
        function add(row, at) {
            var its = texts.day(at);
            if (its !== day) {
                day = its;
                rows.push({key: 'day ' + its, day: its});
            }
            rows.push(row);
        }
        var messages = entry ? entry.messages.list() : [];
        messages.forEach(function(message, index) {
            add(ofMessage(desk, texts, entry, message, messages[index + 1]), message.created_at);
        });
        desk.outgoing.list(item.conversationId).forEach(function(text) {
            if (!entry || !entry.messages.get(text.id)) {
                add(ofOutgoing(desk, texts, text), text.at);
            }
        });
        return rows;
    };

    function ofMessage(desk, texts, entry, message, next) {
        var sender = message.sender;
        var isMe = sender.kind === 'member' && sender.id === desk.store.me.id;
        var isText = !!entry.conversation && entry.conversation.kind === 'sms';
        var isOurs = isMe || (isText && sender.kind !== 'peer');
        var state = stateWords(desk, texts, entry, message, isMe);
        var meta = [texts.time(message.created_at)];
        if (!isMe && sender.kind !== 'peer' && (isText || entry.conversation.member_ids.length > 2)) {
            meta.unshift(sender.kind !== 'member' ? texts.word('LBL_RL_AUTOMATIC') : desk.store.nameOf(sender.id));
        }
        var failed = message.state === 'failed' || message.state === 'unknown';
        return {
            key: message.id, id: message.id, own: isOurs, pictures: pictures(desk, texts, entry, message), text: message.text, state: message.state, failed: failed,
            meta: _.compact(meta.concat(state)).join(' · '),
            retry: isMe && failed && mayBeSentAgain(desk, entry, message) ?
                texts.word(message.state === 'unknown' ? 'LBL_RL_SEND_AGAIN_UNKNOWN' : 'LBL_RL_SEND_AGAIN') : '',
            cancel: isMe && _.contains(['scheduled', 'queued'], message.state) && !desk.textActions.calledOff[message.id] ?
                texts.word('LBL_RL_CANCEL') : '',
            joined: !failed && !!next && next.state === message.state && _.isEqual(next.sender, sender) &&
                new Date(next.created_at) - new Date(message.created_at) < TOGETHER
        };
    }

    /** Only an open window asks for its lines, so what is asked for here is about to be seen. */
    function pictures(desk, texts, entry, message) {
        var session = entry.conversation && entry.conversation.session;
        var name = session && ((session.record && desk.records.name(session.record)) || texts.phone(session.peer));
        return _.map(message.pictures, function(picture) {
            var is = desk.pictures.of(message, picture);
            var words = {
                waiting: texts.word('LBL_RL_PICTURE_WAITING'), loading: texts.word('LBL_RL_PICTURE_LOADING'), lost: lost(texts, picture, is)
            };
            return {
                id: picture.id, state: is.state, alt: texts.word('LBL_RL_PICTURE', [name || '', texts.moment(message.created_at)]),
                title: is.state === 'here' ? texts.word('LBL_RL_PICTURE_LARGER') : '', words: words[is.state] || '',
                show: is.state === 'large' ? texts.word('LBL_RL_PICTURE_SHOW', [Math.ceil(picture.bytes / 1048576)]) : '',
                again: is.state === 'lost' && is.canRetry ? texts.word('LBL_RL_TRY_AGAIN') : ''
            };
        });
    }

    function lost(texts, picture, is) {
        var why = is.problem ? texts.problem(is.problem) : picture.reason;
        return _.compact([texts.word('LBL_RL_PICTURE_LOST'), why]).join(' ');
    }

    /** Once: the text that this made of it may be sent again in its turn. */
    function mayBeSentAgain(desk, entry, message) {
        return !desk.textActions.retried[message.id] && desk.contents.hasOpenSession({conversationId: entry.id}) &&
            !_.findWhere(entry.messages.list(), {resend_of: message.id});
    }

    function stateWords(desk, texts, entry, message, isMe) {
        if (message.state === 'received') {
            return '';
        }
        if (message.state !== 'stored') {
            return texts.state(message);
        }
        var partner = isMe && entry.conversation && desk.store.partner(entry.conversation);
        return partner && desk.store.hasRead(entry, partner, message) ? texts.word('LBL_RL_READ') : '';
    }

    function ofOutgoing(desk, texts, text) {
        var words = texts.word(desk.status === 'online' ? 'LBL_RL_SENDING' : 'LBL_RL_WAITS');
        if (text.problem) {
            words = texts.word('LBL_RL_NOT_SENT') + ': ' + texts.problem(text.problem);
        }
        return {
            key: text.id, id: text.id, own: true, text: text.text, state: text.problem ? 'refused' : 'waiting',
            meta: text.confirmed ? texts.time(text.at) : words, failed: !!text.problem, joined: false,
            retry: again(texts, text.problem), later: isTooLate(text.problem) ?
                texts.word('LBL_RL_SEND_AT', [texts.moment(text.problem.allowed_at)]) : ''
        };
    }

    function again(texts, problem) {
        if (!problem || problem.code === 'session_closed') {
            return '';
        }
        return texts.word(isTooLate(problem) ? 'LBL_RL_SEND_NOW' : 'LBL_RL_TRY_AGAIN');
    }

    /** People sleep there. */
    function isTooLate(problem) {
        return !!problem && problem.code === 'quiet_hours' && !!problem.allowed_at;
    }
})(SUGAR.App);
