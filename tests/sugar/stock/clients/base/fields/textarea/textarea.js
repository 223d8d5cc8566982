/* Text of several lines. */
({
    fieldTag: 'textarea',
})
