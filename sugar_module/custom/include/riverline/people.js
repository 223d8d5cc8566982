/*
 * The rows of the Company Members window: who wrote, who is there, who is not; and texts that wait without a window.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var GROUP_OF = {available: 'AVAILABLE', busy: 'BUSY', do_not_disturb: 'BUSY', away: 'AWAY', offline: 'OFFLINE'};
    var GROUPS = ['UNREAD', 'AVAILABLE', 'BUSY', 'AWAY', 'OFFLINE'];

    /**
     * @param {Object} desk a riverline.Desk
     * @param {Object} texts a riverline.Texts
     * @param {string} search what the user typed
     * @return {Array} {key, group} or {key, id, name, sub, initials, presence, word, unread}
     */
    riverline.people = function(desk, texts, search) {
        var store = desk.store;
        var words = search.toLowerCase().split(/\s+/).filter(Boolean);
        var groups = {};
        _.each(store.members, function(member) {
            if (member.id !== store.me.id && member.active && matches(member, words)) {
                var row = ofMember(desk, texts, member);
                var group = row.unread ? 'UNREAD' : GROUP_OF[row.presence];
                groups[group] = (groups[group] || []).concat([row]);
            }
        });
        return GROUPS.reduce(function(rows, group) {
            var members = groups[group] || [];
            if (!members.length) {
                return rows;
            }
            var title = texts.word('LBL_RL_GROUP_' + group);
            var heading = {key: 'group ' + group, group: group === 'UNREAD' ? title : title + ' · ' + members.length};
            return rows.concat([heading], members.sort(byName));
        }, []);
    };

    /** Sessions of this user that no window shows, newest first. */
    riverline.waitingTexts = function(desk, texts) {
        return _.filter(desk.store.conversations, function(entry) {
            var session = entry.conversation && entry.conversation.session;
            return session && session.state === 'open' && desk.store.isMine(entry) &&
                !desk.windows.byConversation(entry.id);
        }).sort(function(a, b) {
            return a.conversation.session.opened_at < b.conversation.session.opened_at ? 1 : -1;
        }).map(function(entry) {
            var session = entry.conversation.session;
            var name = session.record && desk.records.name(session.record);
            var last = entry.messages.last();
            return {
                key: entry.id, id: entry.id, name: name || texts.phone(session.peer), sub: last ? last.text : '',
                unread: desk.store.unread(entry)
            };
        });
    };

    function ofMember(desk, texts, member) {
        var presence = desk.store.presenceOf(member.id);
        var chat = desk.store.chatWith(member.id);
        var word = texts.presence(presence.state);
        var since = presence.state === 'away' && presence.since ? texts.since(presence.since) : '';
        var sub = {
            available: member.title || member.department || word,
            busy: word, do_not_disturb: word, away: since ? word + ' · ' + since : word,
            offline: texts.word('LBL_RL_GETS_IT_LATER')
        };
        return {
            key: member.id, id: member.id, name: member.name, sub: sub[presence.state], presence: presence.state,
            word: word, initials: texts.initials(member.name), unread: chat ? desk.store.unread(chat) : 0
        };
    }

    function matches(member, words) {
        var text = [member.name, member.title, member.department].join(' ').toLowerCase();
        return words.every(function(word) {
            return text.indexOf(word) >= 0;
        });
    }

    function byName(a, b) {
        return a.name.localeCompare(b.name);
    }
})(SUGAR.App);
