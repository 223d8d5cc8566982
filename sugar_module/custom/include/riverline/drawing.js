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
        var focused = document.activeElement;
        var old = _.indexBy(_.toArray(parent.childNodes), 'rlKey');
        var nodes = rows.map(function(row) {
            var node = old[row.key];
            delete old[row.key];
            if (!node || node.rlHtml !== row.html) {
                var fresh = $.parseHTML(row.html.trim())[0];
                node = node ? become(node, fresh) : fresh;
                node.rlKey = row.key;
                node.rlHtml = row.html;
            }
            return node;
        });
        _.each(old, remove);
        arrange(parent, nodes);
        if (focused !== document.activeElement && parent.contains(focused)) {
            focused.focus();
        }
    };

    /** Puts the nodes in order; one that changed its place is moved, not all that it passed. */
    function arrange(parent, nodes) {
        var at = parent.firstChild;
        nodes.forEach(function(node) {
            if (at && at !== node && at.nextSibling === node) {
                at = remove(at);
            }
            if (at === node) {
                at = node.nextSibling;
            } else {
                parent.insertBefore(node, at);
            }
        });
    }

    /** Sets the content of an element, if it is another one than last time. */
    riverline.drawHtml = function(element, html) {
        if (element.rlHtml !== html) {
            var $focused = $(document.activeElement);
            var action = element.contains($focused[0]) && $focused.attr('data-rl-action');
            var fresh = element.cloneNode(false);
            element.rlHtml = html;
            $(fresh).html(html);
            becomeChildren(element, fresh);
            if (action && !element.contains(document.activeElement)) {
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

    /**
     * Turns a node into another one without exchanging what stays alike: a button or row that is exchanged between
     * pressing and releasing the mouse gets no click, and loses the focus.
     *
     * @return {Node} the node that is in the page now
     */
    function become(node, fresh) {
        if (!isAlike(node, fresh)) {
            node.parentNode.replaceChild(fresh, node);
            return fresh;
        }
        if (node.nodeType === Node.ELEMENT_NODE) {
            _.toArray(node.attributes).forEach(function(attribute) {
                if (!fresh.hasAttribute(attribute.name) && !isLoaded(node, attribute)) {
                    node.removeAttribute(attribute.name);
                }
            });
            _.each(fresh.attributes, function(attribute) {
                if (node.getAttribute(attribute.name) !== attribute.value) {
                    node.setAttribute(attribute.name, attribute.value);
                }
            });
            becomeChildren(node, fresh);
        } else if (node.nodeValue !== fresh.nodeValue) {
            node.nodeValue = fresh.nodeValue;
        }
        return node;
    }

    function becomeChildren(node, fresh) {
        var at = node.firstChild;
        _.toArray(fresh.childNodes).forEach(function(child) {
            var match = at;
            // Only an element is worth it to give up what stands before it.
            while (match && !isAlike(match, child) && child.nodeType === Node.ELEMENT_NODE) {
                match = match.nextSibling;
            }
            if (!match || !isAlike(match, child)) {
                node.insertBefore(child, at);
                return;
            }
            while (at !== match) {
                at = remove(at);
            }
            become(match, child);
            at = match.nextSibling;
        });
        while (at) {
            at = remove(at);
        }
    }

    /** @return {Node} the one after it */
    function remove(node) {
        var next = node.nextSibling;
        node.parentNode.removeChild(node);
        return next;
    }

    /** A picture's bytes are no part of the words that are drawn; without them it would flash and load again. */
    function isLoaded(node, attribute) {
        return node.nodeName === 'IMG' && attribute.name === 'src';
    }

    /** The same kind of thing: element, first class and action, and the same picture. */
    function isAlike(node, other) {
        return node.nodeName === other.nodeName && signature(node) === signature(other);
    }

    function signature(node) {
        if (node.nodeType !== Node.ELEMENT_NODE) {
            return '';
        }
        var kind = (node.getAttribute('class') || '').split(' ')[0];
        return [kind, node.getAttribute('data-rl-action'), node.getAttribute('data-picture-id')].join(' ');
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
