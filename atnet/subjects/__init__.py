"""Finding the object when nobody drew a trimap."""
