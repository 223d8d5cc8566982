/* app.accessibility: runs on every component that rendered; makes clickable elements focusable and names inputs. */
(function(app) {
    const FOCUSABLE = 'a[href], button, input, select, textarea, [tabindex]';

    const helpers = {
        click(component) {
            _.each(_.keys(_.result(component, 'events')), function(key) {
                const found = key.match(/^click\s+(.+)$/);
                if (found) {
                    component.$(found[1]).not(FOCUSABLE).attr('tabindex', 0);
                }
            });
        },
        label(component) {
            if (component.fieldTag && component.label) {
                component.$(component.fieldTag).attr('aria-label', component.label);
            }
        },
    };

    app.accessibility = {
        run(component, names) {
            _.each(names || _.keys(helpers), name => helpers[name](component));
        },
    };
    SUGAR.accessibility = app.accessibility;
})(SUGAR.App);
