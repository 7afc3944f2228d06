"""Does a walker that loses all its weights mid-life get its walk back?"""
