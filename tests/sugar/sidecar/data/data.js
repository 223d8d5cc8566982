/* app.data: makes records and lists of records. */
(function(app) {
    app.data = {
        createBean(module, attributes, options) {
            return new app.standin.Bean(attributes, Object.assign({module: module}, options));
        },
        createBeanCollection(module, models, options) {
            return new app.standin.BeanCollection(models, Object.assign({module: module}, options));
        },
        createRelatedBean(parent, idOrBean, link, attributes) {
            const module = relatedModule(link);
            const bean = idOrBean instanceof Backbone.Model ? idOrBean : this.createBean(module, Object.assign({}, attributes, {id: idOrBean}));
            bean.link = {name: link, bean: parent};
            return bean;
        },
    };
    app.standin.relatedModule = relatedModule;

    /** The links that "Sugar" has here. */
    function relatedModule(link) {
        return {notes: 'Notes', notes_parent: 'Notes', contacts: 'Contacts', accounts: 'Accounts'}[link];
    }
})(SUGAR.App);
