/*
 * Drawing what changes often: a list whose unchanged rows stay the same elements, so that focus, selection and screen
 * readers are not disturbed by every message; and the theme of the page around us.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /**
     * Makes the children of an element match the rows.
     *
     * @param {Element} parent
     * @param {Array} rows {key, html}; html has one outer element
     */
    riverline.drawRows = function(parent, rows) {
        var focused = keyOfFocus(parent);
        var old = {};
        _.each(parent.childNodes, function(node) {
            old[node.rlKey] = node;
        });
        rows.forEach(function(row, index) {
            var node = old[row.key];
            delete old[row.key];
            if (!node || node.rlHtml !== row.html) {
                var fresh = $.parseHTML(row.html.trim())[0];
                fresh.rlKey = row.key;
                fresh.rlHtml = row.html;
                if (node) {
                    parent.replaceChild(fresh, node);
                }
                node = fresh;
            }
            if (parent.childNodes[index] !== node) {
                parent.insertBefore(node, parent.childNodes[index] || null);
            }
        });
        _.each(old, function(node) {
            parent.removeChild(node);
        });
        restoreFocus(parent, focused);
    };

    /** Sets the content of an element, if it is another one than last time. */
    riverline.drawHtml = function(element, html) {
        if (element.rlHtml !== html) {
            var action = $(document.activeElement).closest(element).length &&
                $(document.activeElement).attr('data-rl-action');
            element.rlHtml = html;
            $(element).html(html);
            if (action) {
                focusAction($(element), action);
            }
        }
    };

    /** After a window was minimised the focus must not fall to the page: the button that opens it again has it. */
    riverline.keepFocus = function($title, hadFocus) {
        if (hadFocus && !$title.has(document.activeElement).length) {
            focusAction($title, 'expand');
        }
    };

    /**
     * Remembers what the user is looking at in a scrolled list.
     *
     * @return {Function|null} where to scroll to, after the list was drawn again, to have it at the same place
     */
    riverline.anchor = function(list) {
        var seen = _.find(list.childNodes, function(node) {
            return node.rlKey !== 'older' && node.offsetTop + node.offsetHeight > list.offsetTop + list.scrollTop;
        });
        if (!seen) {
            return null;
        }
        var key = seen.rlKey;
        var above = seen.offsetTop - list.scrollTop;
        return function() {
            var now = _.find(list.childNodes, function(node) {
                return node.rlKey === key;
            });
            return now ? now.offsetTop - above : list.scrollTop;
        };
    };

    function focusAction($parent, action) {
        var $actions = $parent.find('[data-rl-action]');
        var $same = $actions.filter('[data-rl-action=' + action + ']');
        ($same.length ? $same : $actions).first().trigger('focus');
    }

    function keyOfFocus(parent) {
        var node = document.activeElement;
        if (!parent.contains(node) || node === parent) {
            return null;
        }
        while (node.parentNode !== parent) {
            node = node.parentNode;
        }
        return node.rlKey;
    }

    function restoreFocus(parent, key) {
        if (key === null || parent.contains(document.activeElement)) {
            return;
        }
        _.each(parent.childNodes, function(node) {
            if (node.rlKey === key) {
                $(node).find('[data-rl-action]').addBack('[tabindex]').first().trigger('focus');
            }
        });
    }

    /** Dark or light is measured, because the names of Sugar's theme classes differ between releases. */
    riverline.followTheme = function() {
        var color = '';
        $('#content, #sidecar').add(document.body).each(function() {
            var its = window.getComputedStyle(this).backgroundColor;
            if (!color && its && !/^(transparent|rgba\(.*, 0\))$/.test(its)) {
                color = its;
            }
        });
        var rgb = (color.match(/\d+/g) || [255, 255, 255]).map(Number);
        var dark = 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2] < 110;
        document.documentElement.setAttribute('data-rl-theme', dark ? 'dark' : 'light');
    };
})(SUGAR.App);
