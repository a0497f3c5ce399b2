// Annotations and deprecations of Microsoft's compiler; nothing of it concerns this one.
