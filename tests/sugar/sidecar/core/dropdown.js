/* What Bootstrap 2 does for [data-toggle=dropdown]: one menu is open at a time, a click anywhere closes it. */
(function() {
    $(document).on('click', function(evt) {
        const $toggle = $(evt.target).closest('[data-toggle=dropdown]');
        const $menu = $toggle.parent();
        const opens = $toggle.length > 0 && !$menu.hasClass('open');
        $('.open').removeClass('open').find('[data-toggle=dropdown]').attr('aria-expanded', 'false');
        if (opens) {
            $menu.addClass('open');
            $toggle.attr('aria-expanded', 'true');
        }
    });
    $(document).on('keydown', function(evt) {
        if (evt.key === 'Escape') {
            $('.open').removeClass('open').find('[data-toggle=dropdown]').attr('aria-expanded', 'false').trigger('focus');
        }
    });
})();
