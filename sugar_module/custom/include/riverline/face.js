/*
 * What stands around a conversation in its window, in words: title, strip, Note, composer. Read from the model each time;
 * a view only puts it on the page.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** Sending the same words again cannot help. */
    var FINAL = ['country_not_allowed', 'cap_reached'];

    /** Refusals that the session itself tells. */
    var NO_TEXTS = ['opted_out', 'do_not_text'];

    /** Characters of a text that are shown of it elsewhere. */
    var QUOTED = 60;

    /** How much the service knows of a number without a record. */
    var WITHOUT_RECORD = {pending: 'LBL_RL_ASKING_SUGAR', several: 'LBL_RL_SEVERAL_RECORDS'};

    /**
     * @param {Object} desk a riverline.Desk
     * @param {Object} texts a riverline.Texts
     * @param {Object} item a window of kind chat or sms
     */
    riverline.face = function(desk, texts, item) {
        var entry = desk.contents.entry(item);
        var conversation = entry && entry.conversation;
        var face = conversation && conversation.session ?
            ofSession(desk, texts, conversation.session) : ofChat(desk, texts, item, conversation);
        face.unread = entry ? desk.store.unread(entry) : 0;
        face.typing = typing(desk, texts, entry);
        face.noTexts = noTexts(desk, texts, item, conversation);
        face.suspicion = face.noTexts ? null : suspicion(desk, texts, item, entry);
        face.strip = riverline.strip(texts, strip(desk, texts, item, entry));
        face.note = note(texts, item, conversation);
        face.link = conversation && conversation.session && desk.store.isMine(entry) ? link(desk, texts, conversation) : null;
        face.mayRelink = !!conversation && !!conversation.session && !!conversation.session.record && desk.store.isMine(entry);
        face.lost = !!conversation && !!desk.store.me && !desk.store.isMine(entry);
        face.canWrite = !face.lost && !item.closing && !face.noTexts && !isRefused(desk, item, conversation);
        face.canGoBack = !!entry && entry.history === 'more';
        return face;
    };

    function ofChat(desk, texts, item, conversation) {
        if (item.kind === 'sms') {
            var known = item.record ? desk.records.name(item.record) : null;
            var title = known || texts.word('LBL_RL_TEXT_MESSAGE');
            var sub = desk.contents.problem(item.id) ? '' : texts.word('LBL_RL_OPENING');
            return {title: title, sub: sub, placeholder: texts.word('LBL_RL_WRITE_TEXT')};
        }
        var ids = item.memberId || !conversation ? [item.memberId] : _.without(conversation.member_ids, desk.store.me.id);
        var names = ids.map(function(id) {
            return desk.store.nameOf(id) || texts.word('LBL_RL_FORMER_COLLEAGUE');
        });
        var presence = ids.length === 1 ? desk.store.presenceOf(ids[0]).state : null;
        return {
            title: names.join(', '), sub: '', presence: presence,
            presenceWord: presence ? texts.presence(presence) : '',
            offline: presence === 'offline' && desk.status === 'online' ? texts.word('LBL_RL_GETS_IT_LATER') : '',
            placeholder: texts.word('LBL_RL_MESSAGE_TO', [texts.firstName(names[0])])
        };
    }

    function ofSession(desk, texts, session) {
        var number = texts.phone(session.peer);
        var name = session.record ? desk.records.name(session.record) : null;
        var ours = texts.word('LBL_RL_OVER', [session.number.label]);
        return {
            title: name || number, peer: session.peer, placeholder: texts.word('LBL_RL_WRITE_TEXT'),
            sub: [session.record ? number : texts.word(WITHOUT_RECORD[session.record_match] || 'LBL_RL_UNKNOWN_NUMBER'), ours].join(' · ')
        };
    }

    /** Why no text goes out, in the composer's place; `action` is what the user may do about it. */
    function noTexts(desk, texts, item, conversation) {
        var session = conversation && conversation.session;
        var refusal = desk.consent.refusal(session);
        if (!refusal || !desk.store.isMine(desk.contents.entry(item)) || item.closing) {
            return null;
        }
        var call = desk.consent.call(conversation.id);
        return {
            words: call.busy && refusal.code === 'do_not_text' ? texts.word('LBL_RL_ASKING_SUGAR') : refusalWords(desk, texts, refusal, session),
            action: refusal.code === 'opted_out' ? 'record' : 'check', busy: call.busy,
            problem: call.problem ? texts.problem(call.problem) : ''
        };
    }

    /** What a text of theirs looks like that is no keyword. */
    function suspicion(desk, texts, item, entry) {
        var message = desk.contents.hasOpenSession(item) && !item.closing ? desk.consent.suspicion(entry.messages.list()) : null;
        if (!message) {
            return null;
        }
        var call = desk.consent.call(entry.id);
        var start = message.text.length > QUOTED ? message.text.slice(0, QUOTED) + '…' : message.text;
        return {
            messageId: message.id, words: texts.word('LBL_RL_LOOKS_LIKE_OPT_OUT'), quote: start, busy: call.busy,
            problem: call.problem ? texts.problem(call.problem) : ''
        };
    }

    function refusalWords(desk, texts, refusal, session) {
        var peer = (session.record && desk.records.name(session.record)) || texts.phone(session.peer);
        return refusal.code === 'opted_out' ?
            texts.word('LBL_RL_OPTED_OUT', [peer, session.number.label, texts.moment(refusal.since)]) :
            texts.word('LBL_RL_DO_NOT_TEXT', [peer]);
    }

    /** The opening itself was refused for the record's sake: there is nothing to write into. */
    function isRefused(desk, item, conversation) {
        var problem = desk.contents.problem(item.id);
        return !conversation && !!problem && problem.code === 'do_not_text';
    }

    /** What the user may choose from while the number belongs to no record for sure, or to another one. */
    function link(desk, texts, conversation) {
        var offer = desk.linking.of(conversation);
        if (!offer) {
            return null;
        }
        var matches = named(desk, texts, offer.matches);
        var suggestions = named(desk, texts, offer.suggestions);
        var tried = offer.link;
        return {
            words: linkWords(desk, texts, offer, matches), matches: matches, suggestions: suggestions,
            changing: offer.changing, busy: !!tried && tried.busy, number: conversation.session.peer,
            problem: tried && tried.problem ? linkProblem(desk, texts, tried, conversation.session) :
                offer.problem ? texts.problem(offer.problem) : ''
        };
    }

    /** Records that Sugar shows this user. Until it has answered for all there are none, so that no row moves under a mouse. */
    function named(desk, texts, records) {
        var asked = _.some(records, function(record) {
            return desk.records.state(record) === 'asked';
        });
        return asked ? [] : records.filter(desk.records.name, desk.records).map(function(record) {
            return {
                key: riverline.recordKey(record), module: record.module, id: record.id, name: desk.records.name(record),
                word: texts.module(record.module)
            };
        });
    }

    function linkWords(desk, texts, offer, matches) {
        if (offer.link && offer.link.busy) {
            return texts.word('LBL_RL_LINKING');
        }
        var states = offer.matches.map(desk.records.state, desk.records);
        if (offer.loading || _.contains(states, 'asked')) {
            return texts.word('LBL_RL_ASKING_SUGAR');
        }
        if (matches.length && offer.changing) {
            return texts.word('LBL_RL_OTHERS_HAVE_IT');
        }
        if (matches.length) {
            return matches.length > 1 ? texts.word('LBL_RL_SEVERAL_HAVE_IT', [matches.length]) : texts.word('LBL_RL_ONE_HAS_IT');
        }
        if (_.contains(states, 'failed')) {
            return texts.word('LBL_RL_NAMES_MISSING');
        }
        if (offer.changing) {
            return texts.word('LBL_RL_NO_OTHER_HAS_IT');
        }
        return texts.word(states.length ? 'LBL_RL_NONE_TO_SEE' : 'LBL_RL_NOBODY_HAS_IT');
    }

    /** Why a link was not made, and what to do about it. */
    function linkProblem(desk, texts, tried, session) {
        var key = {number_not_on_record: 'LBL_RL_NUMBER_NOT_ON_RECORD', record_not_found: 'LBL_RL_RECORD_NOT_SHOWN'};
        var name = desk.records.name(tried.record) || texts.module(tried.record.module);
        return key[tried.problem.code] ? texts.word(key[tried.problem.code], [name, texts.phone(session.peer)]) :
            texts.problem(tried.problem);
    }

    function typing(desk, texts, entry) {
        var who = entry && desk.store.me ? desk.store.typing(entry) : [];
        return who.length ? texts.word('LBL_RL_TYPING', [texts.firstName(desk.store.nameOf(who[0]))]) : '';
    }

    /** The one thing to say above the composer, the most pressing first; `action` is what the user may do about it. */
    function strip(desk, texts, item, entry) {
        var problem = desk.contents.problem(item.id);
        var conversation = entry && entry.conversation;
        var session = conversation && conversation.session;
        if (problem && !(desk.consent.refusal(session) && _.contains(NO_TEXTS, problem.code))) {
            return {words: refused(desk, texts, problem, session) || texts.problem(problem),
                action: problem.code === 'here' || (problem.status === 409 && conversation) || _.contains(FINAL, problem.code) ? null : 'again'};
        }
        if (conversation && desk.store.me && !desk.store.isMine(entry)) {
            if (session && !session.owner_id) {
                return {words: texts.word('LBL_RL_LEFT')};
            }
            var owner = session && desk.store.nameOf(session.owner_id);
            return {words: texts.word('LBL_RL_ANSWERED_BY', [owner || texts.word('LBL_RL_A_COLLEAGUE')])};
        }
        if (desk.status !== 'online') {
            return {words: riverline.statusWords(desk, texts), action: desk.status === 'refused' ? 'sign-in' : null};
        }
        if (session && session.state === 'closed' && !item.closing) {
            return closed(desk, texts, item, session);
        }
        return null;
    }

    /** Refusals that we can say better than the service, which knows no names. */
    function refused(desk, texts, problem, session) {
        var name = problem.owner_id && desk.store.nameOf(problem.owner_id);
        if (problem.code === 'session_claimed' && name) {
            return texts.word('LBL_RL_ANSWERED_BY', [name]);
        }
        if (problem.code === 'opted_out' && problem.since && session) {
            return refusalWords(desk, texts, problem, session);
        }
        return null;
    }

    function closed(desk, texts, item, session) {
        var refused = _.some(desk.outgoing.list(item.conversationId), function(text) {
            return text.problem && text.problem.code === 'session_closed';
        });
        if (refused) {
            return session.record ? {words: texts.word('LBL_RL_CLOSED_UNSENT'), action: 'new'} :
                {words: texts.word('LBL_RL_CLOSED_UNKNOWN')};
        }
        return {words: texts.word('LBL_RL_CLOSED'), action: session.record ? 'new' : null};
    }

    /** How the Note in Sugar stands, once the session is closed. */
    function note(texts, item, conversation) {
        var session = conversation && conversation.session;
        if (!session || session.state !== 'closed' || session.note.state === 'none') {
            return item.closing ? {state: 'waiting', words: texts.word('LBL_RL_NOTE_WAITING')} : null;
        }
        if (session.note.state === 'waiting' && !session.record) {
            return {state: 'waiting', words: texts.word('LBL_RL_NOTE_WITHOUT_RECORD')};
        }
        var words = texts.word('LBL_RL_NOTE_' + session.note.state.toUpperCase());
        return {state: session.note.state, words: session.note.reason ? words + ' ' + session.note.reason : words};
    }

    /** A strip with the word for what the user may do about it. */
    riverline.strip = function(texts, said) {
        var key = {'new': 'LBL_RL_START_NEW', again: 'LBL_RL_TRY_AGAIN', 'sign-in': 'LBL_RL_TRY_AGAIN'};
        return said && _.extend({actionWord: said.action ? texts.word(key[said.action]) : ''}, said);
    };

    /** How the connection stands, and what to do about it. */
    riverline.statusWords = function(desk, texts) {
        if (desk.status === 'online') {
            return '';
        }
        if (desk.hint) {
            return texts.word(desk.hint.key, desk.hint.args);
        }
        if (desk.status === 'refused') {
            var key = {
                sugar_token_missing: 'LBL_RL_NOT_LOGGED_IN', sugar_token_invalid: 'LBL_RL_LOGIN_REFUSED',
                assertion_refused: 'LBL_RL_ASSERTION_REFUSED'
            };
            return key[desk.problem.code] ? texts.word(key[desk.problem.code]) : texts.problem(desk.problem);
        }
        return texts.word(desk.status === 'connecting' ? 'LBL_RL_CONNECTING' : 'LBL_RL_OFFLINE');
    };
})(SUGAR.App);
